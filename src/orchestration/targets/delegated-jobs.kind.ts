import { Injectable, type OnModuleInit } from '@nestjs/common';
import { InjectDataSource } from '@nestjs/typeorm';
import type { DataSource, EntityManager } from 'typeorm';
import { principalNow } from '../../auth/principal-now.js';
import { Conflict, NotFound } from '../../common/errors.js';
import { BatchControlService } from '../batch-control.service.js';
import { goOnAtFailure } from '../go-on.js';
import { JobKinds } from '../job-kinds.js';
import type { Job } from '../job.entity.js';
import type { StepRecord } from '../step.js';
import { askedAgainBy, DELEGATED, DELEGATED_STEP, type DelegatedInput } from './delegated.js';
import { delegatedStep, type DelegatedWork, type FollowedBatch } from './delegated-step.js';
import { type DelegatedAction, TargetKinds } from './target-kinds.js';

/** Runs the fleet's jobs whose work a dialect does in a batch of its own. */
@Injectable()
export class DelegatedJobKind implements OnModuleInit {
  constructor(
    @InjectDataSource() private readonly dataSource: DataSource,
    private readonly kinds: JobKinds,
    private readonly targets: TargetKinds,
    private readonly control: BatchControlService,
  ) {}

  onModuleInit(): void {
    this.kinds.register<DelegatedWork>(DELEGATED, {
      steps: { [DELEGATED_STEP]: delegatedStep },
      load: (job) => Promise.resolve(this.workOf(job)),
      retry: retriedSteps,
      retriedInput: askedAgainBy,
    });
  }

  private workOf(job: Readonly<Job>): DelegatedWork {
    const input = job.input as unknown as DelegatedInput;
    return {
      start: (tx) => this.start(tx, input),
      look: (batchId) => this.look(batchId, input),
      abort: (tx, batchId, by) => this.abort(tx, batchId, by, input),
    };
  }

  private async start(tx: EntityManager, input: DelegatedInput): Promise<string> {
    const kind = this.targets.get(input.targetKind);
    const action = this.actionOf(input);
    // As it is now: hours may have passed since the batch was made.
    const [target] = await kind.find(tx, [input.target.id]);
    if (!target) throw new NotFound(`${input.target.label} does not exist any more`);
    return action.start(tx, await principalNow(tx, input.principal, 'operator'), target, input.request);
  }

  private actionOf({ targetKind, action: name }: DelegatedInput): DelegatedAction {
    const action = this.targets.action(targetKind, name);
    if (action.mode !== 'delegated') throw new Conflict(`${name} is not started in a batch of its own`);
    return action;
  }

  private async look(batchId: string, input: DelegatedInput): Promise<FollowedBatch | null> {
    const [row] = await this.dataSource.query<FollowedBatch[]>(
      `select b.status, b.reason, exists (select 1 from jobs j where j.batch_id = b.id and j.unknown) as unknown,
         coalesce((select avg(j.progress) / 100 from jobs j where j.batch_id = b.id), 0)::float8 as fraction,
         (select j.label || ': ' || j.reason from jobs j where j.batch_id = b.id and j.status = 'failed'
          order by j.id limit 1) as "firstProblem"
       from batches b where b.id = $1`,
      [batchId],
    );
    if (!row) return null;
    const hasEnded = row.status !== 'running' && row.status !== 'scheduled';
    const told = hasEnded ? await this.actionOf(input).outcome?.(this.dataSource, batchId) : null;
    return told ? { ...row, ...told, unknown: row.unknown && told.status === 'failed' } : row;
  }

  /** One that has ended meanwhile needs no stopping. */
  private async abort(tx: EntityManager, id: string, by: string, input: DelegatedInput): Promise<void> {
    const { stop } = this.actionOf(input);
    try {
      if (stop) await stop(tx, id, by);
      else await this.control.abort(tx, { id, by });
    } catch (error) {
      if (!(error instanceof Conflict)) throw error;
    }
  }
}

/**
 * One whose other batch is known to have failed starts a new one. Of one that lost sight of it (unknown), that batch is
 * asked first, as of any act.
 */
function retriedSteps(steps: readonly StepRecord[]): StepRecord[] {
  return goOnAtFailure(steps).map((step) => (step.sentAt === undefined ? withoutState(step) : step));
}

function withoutState({ state: _state, ...step }: StepRecord): StepRecord {
  return step;
}
