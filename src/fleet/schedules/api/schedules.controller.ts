import { Body, Delete, Get, Param, Patch, Post, Query } from '@nestjs/common';
import { CurrentPrincipal } from '../../../auth/passport/access.decorators.js';
import type { Principal } from '../../../auth/principal.js';
import type { ExpectedVersion } from '../../../common/expected-version.js';
import { flagOf } from '../../../common/fields/text-fields.js';
import type { IdempotentRequest } from '../../../http/idempotency/idempotency.js';
import { Answers } from '../../api/answers.decorator.js';
import { RequiredIfMatch } from '../../api/entity-tag.js';
import { FleetController } from '../../api/fleet-controller.decorator.js';
import { Idempotent } from '../../api/idempotent-request.js';
import { PageQuery, toPageView } from '../../api/page.dto.js';
import { nameOf } from '../../api/path-ids.js';
import { noBody, noQuery, strictBody, strictQuery } from '../../api/strict.pipe.js';
import { SchedulesService } from '../schedules.service.js';
import {
  SchedulePage,
  ScheduleRunPage,
  ScheduleTimesView,
  ScheduleView,
  toScheduleRunView,
  toScheduleView,
} from './schedule.view.js';
import {
  ChangeSchedule,
  CreateSchedule,
  SchedulesQuery,
  TimesQuery,
  toNewSchedule,
  toScheduleChange,
} from './schedules.dto.js';

@FleetController('schedules')
export class SchedulesController {
  constructor(private readonly schedules: SchedulesService) {}

  @Get()
  @Answers('Schedules: plans that start by themselves', 200, SchedulePage)
  async list(@Query(strictQuery(SchedulesQuery)) query: SchedulesQuery): Promise<SchedulePage> {
    const filter = { plan: query.plan, enabled: flagOf(query.enabled) };
    return toPageView(await this.schedules.list(filter, query), toScheduleView);
  }

  @Post()
  @Answers('Make a schedule; it runs as you', 201, ScheduleView, { problems: [409] })
  async create(
    @CurrentPrincipal() principal: Principal,
    @Body(strictBody(CreateSchedule)) body: CreateSchedule,
    @Query(noQuery()) _query: void,
    @Idempotent() repeat: IdempotentRequest | null,
  ): Promise<ScheduleView> {
    return toScheduleView(await this.schedules.create(principal, body.name, toNewSchedule(body), repeat));
  }

  @Get(':name')
  @Answers('One schedule', 200, ScheduleView, { problems: [404] })
  async get(@Param('name', nameOf('schedule')) name: string, @Query(noQuery()) _query: void): Promise<ScheduleView> {
    return toScheduleView(await this.schedules.get(name));
  }

  @Get(':name/times')
  @Answers('The next times of a schedule', 200, ScheduleTimesView, { problems: [404] })
  async times(
    @Param('name', nameOf('schedule')) name: string,
    @Query(strictQuery(TimesQuery)) { limit }: TimesQuery,
  ): Promise<ScheduleTimesView> {
    return { items: await this.schedules.times(name, limit) };
  }

  @Get(':name/runs')
  @Answers('What became of the times of a schedule, the newest first', 200, ScheduleRunPage, { problems: [404] })
  async runs(
    @Param('name', nameOf('schedule')) name: string,
    @Query(strictQuery(PageQuery)) query: PageQuery,
  ): Promise<ScheduleRunPage> {
    return toPageView(await this.schedules.runs(name, query), toScheduleRunView);
  }

  @Patch(':name')
  @Answers('Change a schedule; it runs as you from then on', 200, ScheduleView, { problems: [404, 412, 428] })
  async update(
    @CurrentPrincipal() principal: Principal,
    @Param('name', nameOf('schedule')) name: string,
    @RequiredIfMatch() expected: ExpectedVersion,
    @Body(strictBody(ChangeSchedule)) body: ChangeSchedule,
    @Query(noQuery()) _query: void,
  ): Promise<ScheduleView> {
    return toScheduleView(await this.schedules.update(principal, name, expected, toScheduleChange(body)));
  }

  @Delete(':name')
  @Answers('Delete a schedule; what it has started goes on', 204, null, { problems: [404, 412, 428] })
  async remove(
    @CurrentPrincipal() principal: Principal,
    @Param('name', nameOf('schedule')) name: string,
    @RequiredIfMatch() expected: ExpectedVersion,
    @Body(noBody()) _body: void,
    @Query(noQuery()) _query: void,
  ): Promise<void> {
    await this.schedules.remove(principal, name, expected);
  }
}
