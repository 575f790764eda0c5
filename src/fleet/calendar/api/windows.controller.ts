import { Body, Delete, Get, Param, Patch, Post, Query } from '@nestjs/common';
import { CurrentPrincipal } from '../../../auth/passport/access.decorators.js';
import type { Principal } from '../../../auth/principal.js';
import type { ExpectedVersion } from '../../../common/expected-version.js';
import type { IdempotentRequest } from '../../../http/idempotency/idempotency.js';
import { Answers } from '../../api/answers.decorator.js';
import { RequiredIfMatch } from '../../api/entity-tag.js';
import { FleetController } from '../../api/fleet-controller.decorator.js';
import { Idempotent } from '../../api/idempotent-request.js';
import { toPageView } from '../../api/page.dto.js';
import { integerOf } from '../../api/path-ids.js';
import { noBody, noQuery, strictBody, strictQuery } from '../../api/strict.pipe.js';
import { WindowsService } from '../windows.service.js';
import { OpeningListView, toOpeningsView, toWindowView, WindowPage, WindowView } from './window.view.js';
import {
  ChangeWindow,
  CreateWindow,
  OpeningsQuery,
  toNewWindow,
  toWindowChange,
  toWindowFilter,
  WindowsQuery,
} from './windows.dto.js';

@FleetController('windows')
export class WindowsController {
  constructor(private readonly windows: WindowsService) {}

  @Get()
  @Answers('Maintenance windows and blackouts', 200, WindowPage)
  async list(@Query(strictQuery(WindowsQuery)) query: WindowsQuery): Promise<WindowPage> {
    return toPageView(await this.windows.list(toWindowFilter(query), query), toWindowView);
  }

  @Post()
  @Answers('Make a maintenance window or a blackout', 201, WindowView, { problems: [409, 422] })
  async create(
    @CurrentPrincipal() principal: Principal,
    @Body(strictBody(CreateWindow)) body: CreateWindow,
    @Query(noQuery()) _query: void,
    @Idempotent() repeat: IdempotentRequest | null,
  ): Promise<WindowView> {
    return toWindowView(await this.windows.create(principal, body.name, toNewWindow(body), repeat));
  }

  @Get(':id')
  @Answers('One window', 200, WindowView, { problems: [404] })
  async get(@Param('id', integerOf('window')) id: number, @Query(noQuery()) _query: void): Promise<WindowView> {
    return toWindowView(await this.windows.get(id));
  }

  @Get(':id/openings')
  @Answers('When a window is open, or a blackout on, from a moment on', 200, OpeningListView, { problems: [404] })
  async openings(
    @Param('id', integerOf('window')) id: number,
    @Query(strictQuery(OpeningsQuery)) { from, limit }: OpeningsQuery,
  ): Promise<OpeningListView> {
    return toOpeningsView(await this.windows.openings(id, from ?? new Date(), limit));
  }

  @Patch(':id')
  @Answers('Change a window; fields that are left out stay as they are', 200, WindowView, { problems: [404, 412, 428] })
  async update(
    @CurrentPrincipal() principal: Principal,
    @Param('id', integerOf('window')) id: number,
    @RequiredIfMatch() expected: ExpectedVersion,
    @Body(strictBody(ChangeWindow)) body: ChangeWindow,
    @Query(noQuery()) _query: void,
  ): Promise<WindowView> {
    return toWindowView(await this.windows.update(principal, id, expected, toWindowChange(body)));
  }

  @Delete(':id')
  @Answers('Delete a window that no plan and no unfinished batch names', 204, null, { problems: [404, 409, 412, 428] })
  async remove(
    @CurrentPrincipal() principal: Principal,
    @Param('id', integerOf('window')) id: number,
    @RequiredIfMatch() expected: ExpectedVersion,
    @Body(noBody()) _body: void,
    @Query(noQuery()) _query: void,
  ): Promise<void> {
    await this.windows.remove(principal, id, expected);
  }
}
