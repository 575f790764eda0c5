import { Injectable, Logger } from '@nestjs/common';
import { Interval } from '@nestjs/schedule';
import { DataSource, type EntityManager } from 'typeorm';
import { principalOf } from '../../auth/auth.service.js';
import { type Principal, roleCovers } from '../../auth/principal.js';
import { User } from '../../auth/user.entity.js';
import { DomainError, Refused } from '../../common/errors.js';
import { Config } from '../../config/config.js';
import type { BatchTimes } from '../batches/batch-rules.js';
import { timesOf } from '../batches/batch-times.js';
import { PlanRunsService, type PreparedRun } from '../plans/plan-runs.service.js';
import { dueRun, type DueRun } from './due-runs.js';
import type { ScheduleRunOutcome } from './schedule-run.entity.js';
import { recurringOf, type ScheduleRow } from './schedules.service.js';

type DueSchedule = Pick<
  ScheduleRow,
  'id' | 'name' | 'planName' | 'zone' | 'startsLocal' | 'recurrence' | 'missed' | 'deadlineMin' | 'ownerId' | 'version'
> & { readonly nextAt: Date; readonly now: Date };

interface Outcome {
  readonly outcome: ScheduleRunOutcome;
  readonly batchId: string | null;
  readonly reason: string | null;
}

const MOST_AT_ONCE = 50;
/** Of one schedule in one tick; what is left is done with the next. */
const MOST_OF_ONE = 20;
const MOST_TOLD = 1_000;

/**
 * Starts what is due. Of all processes that see a time, the one that moves the schedule on starts its batch, in the same
 * transaction: neither happens without the other, whatever is killed when.
 */
@Injectable()
export class ScheduleClock {
  private readonly logger = new Logger(ScheduleClock.name);
  private readonly told = new Set<string>();
  private isBusy = false;

  constructor(
    private readonly dataSource: DataSource,
    private readonly config: Config,
    private readonly runs: PlanRunsService,
  ) {}

  @Interval(1_000)
  async tick(): Promise<void> {
    if (!this.config.isWorker || this.isBusy) return;
    this.isBusy = true;
    try {
      for (const schedule of await this.due())
        await this.catchUp(schedule).catch((error) => this.tell(schedule, error));
    } catch (error) {
      // The next tick is soon, and what is late is known to be late.
      this.logger.debug(`schedules: ${error instanceof Error ? error.message : String(error)}`);
    } finally {
      this.isBusy = false;
    }
  }

  /** One that cannot be carried out must not keep the others from their times. It is tried again with every tick, told once. */
  private tell({ id, name, version }: DueSchedule, error: unknown): void {
    const which = `${id} ${version}`;
    if (this.told.has(which)) return;
    if (this.told.size >= MOST_TOLD) this.told.clear();
    this.told.add(which);
    this.logger.error(
      `The schedule ${name} cannot be carried out: ${error instanceof Error ? error.message : String(error)}`,
    );
  }

  private due(): Promise<DueSchedule[]> {
    return this.dataSource.query<DueSchedule[]>(
      `select s.id, s.name, p.name as "planName", s.zone, s.starts_local as "startsLocal", s.recurrence, s.missed,
         s.deadline_min as "deadlineMin", s.owner_id as "ownerId", s.version, s.next_at as "nextAt",
         clock_timestamp() as now
       from schedules s join plans p on p.id = s.plan_id
       where s.enabled and s.next_at <= clock_timestamp() order by s.next_at limit ${MOST_AT_ONCE}`,
    );
  }

  private async catchUp(schedule: DueSchedule): Promise<void> {
    let nextAt: number | null = schedule.nextAt.getTime();
    for (let count = 0; nextAt !== null && count < MOST_OF_ONE; count += 1) {
      const facts = { what: recurringOf(schedule), missed: schedule.missed, nextAt, graceMs: this.graceMs };
      const run = dueRun(facts, schedule.now.getTime());
      if (run === null || !(await this.carryOut(schedule, run))) return;
      nextAt = run.nextAt;
    }
  }

  /** Says whether it was ours: another process may have been quicker, or somebody changed the schedule. */
  private async carryOut(schedule: DueSchedule, run: DueRun): Promise<boolean> {
    if (run.act === 'miss') return this.settle(schedule, run, () => Promise.resolve(missed(run)));
    try {
      const owner = await this.ownerOf(schedule);
      const prepared = await this.runs.prepare(owner, schedule.planName, {});
      const times = timesFor(prepared, schedule, run);
      return await this.settle(schedule, run, async (tx) => {
        const { batchId } = await this.runs.submit(tx, owner, prepared, { times, scheduleId: schedule.id });
        return { outcome: 'started', batchId, reason: null };
      });
    } catch (error) {
      if (!(error instanceof DomainError)) throw error;
      const reason = error.message;
      return this.settle(schedule, run, () => Promise.resolve({ outcome: 'refused', batchId: null, reason }));
    }
  }

  private settle(schedule: DueSchedule, run: DueRun, act: (tx: EntityManager) => Promise<Outcome>): Promise<boolean> {
    return this.dataSource.transaction(async (tx) => {
      const moved = await tx.query<unknown[]>(
        `with moved as (
           update schedules set next_at = $4 where id = $1 and version = $2 and next_at = $3 and enabled returning 1)
         select 1 from moved`,
        [schedule.id, schedule.version, new Date(run.dueAt), run.nextAt === null ? null : new Date(run.nextAt)],
      );
      if (moved.length === 0) return false;
      const { outcome, batchId, reason } = await act(tx);
      await tx.query(
        `insert into schedule_runs (schedule_id, due_at, outcome, batch_id, reason) values ($1, $2, $3, $4, $5)
         on conflict on constraint schedule_runs_once do update
           set outcome = excluded.outcome, batch_id = excluded.batch_id, reason = excluded.reason, at = now()`,
        [schedule.id, new Date(run.dueAt), outcome, batchId, reason],
      );
      return true;
    });
  }

  /** As they are now: a schedule has no more rights than who it runs as. */
  private async ownerOf({ ownerId, name }: DueSchedule): Promise<Principal> {
    const user = ownerId === null ? null : await this.dataSource.manager.findOneBy(User, { id: ownerId });
    if (!user?.isActive) throw new Refused(`Who the schedule ${name} runs as is disabled or gone.`);
    if (!roleCovers(user.role, 'operator')) {
      throw new Refused(`Who the schedule ${name} runs as, ${user.username}, may not start batches any more.`);
    }
    return principalOf(user, { tokenId: null, writeEnabled: true, address: '', source: 'system' });
  }

  private get graceMs(): number {
    return this.config.values.scheduleGrace * 1000;
  }
}

function missed({ dueAt, until }: DueRun): Outcome {
  const [first, last] = [dueAt, until].map((moment) => new Date(moment).toISOString());
  const reason =
    dueAt === until ? `Its time passed unseen: ${first}` : `Its times from ${first} to ${last} passed unseen`;
  return { outcome: 'missed', batchId: null, reason };
}

/** The schedule's deadline counts from the time it was due, however late it starts. */
function timesFor({ batch }: PreparedRun, { deadlineMin, name }: DueSchedule, { dueAt }: DueRun): BatchTimes {
  const { deadline: own } = timesOf(batch.request, new Date());
  if (deadlineMin === null) return { scheduledFor: null, deadline: own };
  const deadline = new Date(dueAt + deadlineMin * 60_000);
  if (deadline <= new Date()) {
    throw new Refused(`The deadline of the schedule ${name} was over at ${deadline.toISOString()}.`);
  }
  return { scheduledFor: null, deadline: own !== null && own < deadline ? own : deadline };
}
