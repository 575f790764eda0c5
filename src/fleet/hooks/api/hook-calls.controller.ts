import { Controller, HttpStatus, Param, Post, Req, Res } from '@nestjs/common';
import { RouteConfig } from '@nestjs/platform-fastify';
import { ApiSecurity, ApiTags } from '@nestjs/swagger';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { originOf } from '../../../auth/passport/auth.guard.js';
import { Answers } from '../../api/answers.decorator.js';
import { uuidOf } from '../../api/path-ids.js';
import { HookCallsService } from '../hook-calls.service.js';
import { HookMetrics } from '../hook-metrics.js';
import { HookAnswerView, toHookAnswerView } from './hook.view.js';

/** A push with hundreds of commits is a few hundred kilobytes. Read before anybody is known, so not more. */
const MOST_BYTES = 2 * 1024 * 1024;

/** Where other systems call. They show no token: the signature over the body says who they are. */
@Controller('fleet/v1/hooks')
@ApiTags('fleet')
@ApiSecurity({})
export class HookCallsController {
  constructor(
    private readonly calls: HookCallsService,
    private readonly metrics: HookMetrics,
  ) {}

  @Post(':id')
  @RouteConfig({ rawBody: true, bodyLimit: MOST_BYTES })
  @Answers('Start the plan of a hook, with a signature of its kind; a repetition starts nothing', 202, HookAnswerView, {
    problems: [404, 409, 422, 429],
  })
  async call(
    @Param('id', uuidOf('hook')) id: string,
    @Req() request: FastifyRequest,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<HookAnswerView> {
    const body = Buffer.isBuffer(request.body) ? request.body : Buffer.alloc(0);
    const call = this.calls.call(id, { headers: request.headers, body }, originOf(request));
    const answer = await this.metrics.counting(call);
    if (answer.outcome !== 'started' || answer.repeated) void reply.code(HttpStatus.OK);
    return toHookAnswerView(answer);
  }
}
