import { HttpCode, Param, Post, Req } from '@nestjs/common';
import { RouteConfig } from '@nestjs/platform-fastify';
import { ApiOperation } from '@nestjs/swagger';
import type { FastifyRequest } from 'fastify';
import { originOf } from '../../../auth/passport/auth.guard.js';
import { IgnoresBody } from '../../../http/ignores-body.js';
import { UnreadableBody, UnreadBody } from '../../../http/request-body.js';
import { BootController } from '../../wire/boot-controller.decorator.js';
import { unusableBootBody } from '../../wire/boot-errors.js';
import { isJson } from '../../wire/drydock-body.js';
import { BootActionReports } from '../status/boot-action-reports.service.js';
import { readStatusReport } from '../status/status-report.js';
import { type BootActionView, toBootActionView } from './boot-action.view.js';
import { bootKeyOf } from './boot-key-header.js';

const BODY_LIMIT = 1024 * 1024;

/** By the path that nodes use, and by the one that the documents and the client's tests name. */
@BootController('bootactions', 'bootaction')
export class BootActionsController {
  constructor(private readonly reports: BootActionReports) {}

  /** The body is read by hand: unknown ids and keys are refused before it is looked at (spec drydock section 3). */
  @Post(':actionId')
  @HttpCode(200)
  @IgnoresBody()
  @RouteConfig({ bodyLimit: BODY_LIMIT })
  @ApiOperation({ summary: 'What a node reports of one of its boot actions (X-Bootaction-Key)' })
  async report(@Param('actionId') actionId: string, @Req() request: FastifyRequest): Promise<BootActionView> {
    const read = () => readStatusReport(jsonOf(request));
    return toBootActionView(await this.reports.report(actionId, bootKeyOf(request), read, originOf(request)));
  }
}

function jsonOf({ body, headers }: FastifyRequest): unknown {
  const isRead = !(body instanceof UnreadableBody) && !(body instanceof UnreadBody);
  if (!isJson(headers['content-type']) || !isRead) throw unusableBootBody();
  return body;
}
