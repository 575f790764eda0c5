import { Injectable } from '@nestjs/common';
import { DataSource, type EntityManager, type QueryDeepPartialEntity } from 'typeorm';
import { AuditService } from '../../auth/audit/audit.service.js';
import type { Principal } from '../../auth/principal.js';
import { Invalid, NotFound } from '../../common/errors.js';
import type { ExpectedVersion } from '../../common/expected-version.js';
import { invalidFields } from '../../common/fields/read-fields.js';
import { once, type IdempotentRequest } from '../../http/idempotency/idempotency.js';
import { nextDue } from '../../orchestration/calendar/due-times.js';
import type { Recurring } from '../../orchestration/calendar/recurrence.js';
import { parseWallTime } from '../../orchestration/calendar/wall-clock.js';
import { recurringProblems } from '../calendar/recurring-fields.js';
import { changeOf, lockedRow, nameTaken } from '../named-rows.js';
import { Conditions } from '../paging/conditions.js';
import { listPage, type ListOrder } from '../paging/list-page.js';
import type { Page, PageWish } from '../paging/page.js';
import { Plan } from '../plans/plan.entity.js';
import type { ScheduleRun } from './schedule-run.entity.js';
import { Schedule } from './schedule.entity.js';

export type ScheduleFields = Pick<
  Schedule,
  'zone' | 'startsLocal' | 'recurrence' | 'missed' | 'deadlineMin' | 'enabled'
> & { readonly plan: string };

/** A schedule with the name of its plan. */
export type ScheduleRow = Omit<Schedule, 'plan'> & { readonly planName: string };

const ORDER: ListOrder = { list: 'schedules', direction: 'asc', keys: [{ column: 's.name', type: 'text' }] };
const COLUMNS = `s.id, s.name, s.plan_id as "planId", p.name as "planName", s.zone, s.starts_local as "startsLocal",
  s.recurrence, s.missed, s.deadline_min as "deadlineMin", s.enabled, s.next_at as "nextAt", s.owner_id as "ownerId",
  s.owner_name as "ownerName", s.version, s.created_at as "createdAt", s.updated_at as "updatedAt"`;
const FROM = 'schedules s join plans p on p.id = s.plan_id';
const RUN_ORDER: ListOrder = { list: 'schedule-runs', direction: 'desc', keys: [{ column: 'r.id', type: 'integer' }] };
const RUN_COLUMNS = `r.id, r.due_at as "dueAt", r.outcome, r.batch_id as "batchId", r.reason, r.at`;
const MOST_TIMES = 100;

/** Plans that start by themselves. Who makes or changes one is who it runs as. */
@Injectable()
export class SchedulesService {
  constructor(
    private readonly dataSource: DataSource,
    private readonly audit: AuditService,
  ) {}

  list(filter: { plan?: string; enabled?: boolean }, wish: PageWish): Promise<Page<ScheduleRow>> {
    const where = new Conditions()
      .addIf(filter.plan, (p) => `p.name = ${p}`)
      .addIf(filter.enabled, (p) => `s.enabled = ${p}`);
    return listPage(this.dataSource, { order: ORDER, columns: COLUMNS, from: FROM, where, wish });
  }

  async get(name: string): Promise<ScheduleRow> {
    const [row] = await this.dataSource.query<ScheduleRow[]>(`select ${COLUMNS} from ${FROM} where s.name = $1`, [
      name,
    ]);
    if (!row) throw noSchedule(name);
    return row;
  }

  async runs(name: string, wish: PageWish): Promise<Page<ScheduleRun>> {
    const { id } = await this.get(name);
    const where = new Conditions().add((p) => `r.schedule_id = ${p(id)}`);
    const from = 'schedule_runs r';
    return listPage(this.dataSource, { order: RUN_ORDER, columns: RUN_COLUMNS, from, where, wish });
  }

  /** Its next times, whether it is switched on or not. */
  async times(name: string, most: number): Promise<Date[]> {
    const schedule = await this.get(name);
    const times: Date[] = [];
    let after: number | null = Date.now();
    while (times.length < Math.min(most, MOST_TIMES)) {
      after = nextDue(recurringOf(schedule), after);
      if (after === null) break;
      times.push(new Date(after));
    }
    return times;
  }

  async create(
    principal: Principal,
    name: string,
    fields: ScheduleFields,
    repeat: IdempotentRequest | null,
  ): Promise<ScheduleRow> {
    const nextAt = firstTime(fields);
    await this.dataSource.transaction((tx) =>
      once(tx, repeat, async () => {
        const schedule = tx.create(Schedule, {
          name,
          ...(await stored(tx, principal, fields)),
          nextAt,
        });
        await tx
          .insert(Schedule, schedule as QueryDeepPartialEntity<Schedule>)
          .catch(nameTaken('schedule', 'schedules_name_key'));
        await this.audit.record(tx, principal, changeOf('schedule', 'create', null, schedule));
        return {};
      }),
    );
    return this.get(name);
  }

  /** Times that passed while it was switched off are nobody's: it goes on with the next from now. */
  async update(
    principal: Principal,
    name: string,
    expected: ExpectedVersion,
    fields: Partial<ScheduleFields>,
  ): Promise<ScheduleRow> {
    const { planName } = await this.get(name);
    await this.dataSource.transaction(async (tx) => {
      const before = await lock(tx, name, expected);
      const after = { ...before, plan: planName, ...fields };
      const change = {
        ...(await stored(tx, principal, after)),
        nextAt: firstTime(after),
        version: before.version + 1,
        updatedAt: new Date(),
      };
      await tx.update(Schedule, before.id, change);
      await this.audit.record(
        tx,
        principal,
        changeOf('schedule', 'update', before, tx.create(Schedule, { ...before, ...change })),
      );
    });
    return this.get(name);
  }

  async remove(principal: Principal, name: string, expected: ExpectedVersion): Promise<void> {
    await this.dataSource.transaction(async (tx) => {
      const schedule = await lock(tx, name, expected);
      await tx.delete(Schedule, schedule.id);
      await this.audit.record(tx, principal, changeOf('schedule', 'delete', schedule, null));
    });
  }
}

export function recurringOf({ zone, startsLocal, recurrence }: Pick<Schedule, 'zone' | 'startsLocal' | 'recurrence'>) {
  return { zone, starts: parseWallTime(startsLocal) ?? 0, recurrence } satisfies Recurring;
}

/** From now on. One that is over says so when it is made, not by never running. */
function firstTime(fields: ScheduleFields): Date {
  const problems = recurringProblems(fields);
  if (problems.length > 0) throw invalidFields(problems);
  const next = nextDue(recurringOf(fields), Date.now());
  if (next === null) throw invalidFields([{ pointer: '/starts_at', detail: 'leaves no time that is not over' }]);
  return new Date(next);
}

async function stored(tx: EntityManager, principal: Principal, fields: ScheduleFields) {
  if (principal.userId === null) {
    throw new Invalid('A schedule runs as a user of our own, and you are none.', { code: 'no_own_user' });
  }
  // Held, so that the plan is not deleted meanwhile.
  const plan = await tx.findOne(Plan, { where: { name: fields.plan }, lock: { mode: 'pessimistic_read' } });
  if (!plan) throw invalidFields([{ pointer: '/plan', detail: 'names no plan' }]);
  const needed = plan.parameters.find(({ required }) => required);
  if (needed && fields.enabled) {
    const detail = `needs the parameter ${needed.name} at each start, and a schedule says none`;
    throw invalidFields([{ pointer: '/plan', detail }]);
  }
  const { zone, startsLocal, recurrence, missed, deadlineMin, enabled } = fields;
  return {
    planId: plan.id,
    zone,
    startsLocal,
    recurrence,
    missed,
    deadlineMin,
    enabled,
    ownerId: principal.userId,
    ownerName: principal.username,
  };
}

function lock(tx: EntityManager, name: string, expected: ExpectedVersion): Promise<Schedule> {
  return lockedRow(tx, Schedule, { name }, expected, () => noSchedule(name));
}

function noSchedule(name: string): NotFound {
  return new NotFound(`There is no schedule ${JSON.stringify(name.slice(0, 100))}.`);
}
