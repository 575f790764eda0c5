import { Injectable, Module, type OnModuleInit } from '@nestjs/common';
import type { EntityManager } from 'typeorm';
import {
  BatchesService,
  type AbortedJobs,
  type BatchSpec,
  type JobSpec,
} from '../../src/orchestration/batches.service.js';
import { goOnAtFailure } from '../../src/orchestration/go-on.js';
import { BatchControlService } from '../../src/orchestration/batch-control.service.js';
import type { GateSpec, WaveTally } from '../../src/orchestration/gate.js';
import { JobKinds } from '../../src/orchestration/job-kinds.js';
import { OrchestrationModule } from '../../src/orchestration/orchestration.module.js';
import type {
  EndedBatch,
  EndedJob,
  StepContext,
  StepHandler,
  StepOutcome,
} from '../../src/orchestration/step-handler.js';
import type { StepSpec } from '../../src/orchestration/step.js';
import { startTestApp, type TestApp, type TestAppOptions } from '../support/app.js';

type Act = (context: StepContext<unknown>) => Promise<StepOutcome>;

/** What a probe's steps do, and what they did: shared by all the apps of a spec file, as the outside world would be. */
export class World {
  readonly acts = new Map<string, Act>();
  readonly checks = new Map<string, NonNullable<StepHandler<unknown>['check']>>();
  readonly calls: string[] = [];
  readonly finished: EndedJob[] = [];
  readonly endedBatches: EndedBatch[] = [];
  /** What the domain does in the transaction that ends a batch. */
  onBatchEnded: (tx: EntityManager, batch: EndedBatch) => Promise<void> = async () => undefined;
  /** What the domain does in the transaction that ends a job. */
  onFinished: (tx: EntityManager, job: EndedJob) => Promise<void> = async () => undefined;
  /** Why a batch with a gate that rolls back is refused. */
  rollBackRefusal: string | null = null;
  /** Jobs inside a step now, and the most there ever were at once. */
  inside = new Set<number>();
  most = 0;

  /** `act` runs in steps of kind `kind`; without one they succeed at once. */
  on(kind: string, act: Act): this {
    this.acts.set(kind, act);
    return this;
  }
}

export const OK: StepOutcome = { outcome: 'success' };

/** A module that registers the job kind `probe`, whose steps do what the world says. */
function probeModule(world: World) {
  const handler = (kind: string): StepHandler<unknown> => ({
    async run(context) {
      world.calls.push(`${kind}:${context.job.label}`);
      world.inside.add(context.job.id);
      world.most = Math.max(world.most, world.inside.size);
      try {
        return (await world.acts.get(kind)?.(context)) ?? OK;
      } finally {
        world.inside.delete(context.job.id);
      }
    },
    async check(context) {
      world.calls.push(`check ${kind}:${context.job.label}`);
      return (await world.checks.get(kind)?.(context)) ?? OK;
    },
  });

  @Injectable()
  class Probe implements OnModuleInit {
    constructor(private readonly kinds: JobKinds) {}
    onModuleInit(): void {
      this.kinds.register('probe', {
        steps: { one: handler('one'), two: handler('two'), three: handler('three'), back: handler('back') },
        load: async () => ({}),
        retry: goOnAtFailure,
        rollBack: {
          refuse: async () => world.rollBackRefusal,
          plan: async (_tx, jobs) => jobs.map(({ label }) => job(label, [step('back')])),
        },
        onFinished: async (tx: EntityManager, ended: EndedJob) => {
          await world.onFinished(tx, ended);
          world.finished.push(ended);
        },
        onBatchEnded: async (tx: EntityManager, ended: EndedBatch) => {
          await world.onBatchEnded(tx, ended);
          world.endedBatches.push(ended);
        },
      });
    }
  }

  @Module({ imports: [OrchestrationModule], providers: [Probe] })
  class ProbeModule {}
  return ProbeModule;
}

export function step(kind: string, extra: Partial<StepSpec> = {}): StepSpec {
  return { name: kind, kind, phase: 'probing', config: {}, timeoutS: 60, retries: 0, retryDelayS: 0.05, ...extra };
}

export function job(label: string, steps: StepSpec[] = [step('one'), step('two')]): JobSpec {
  return { targetKind: 'probe', targetId: label, label, input: {}, steps };
}

export function batch(jobs: JobSpec[], extra: Partial<BatchSpec> = {}): BatchSpec {
  return {
    kind: 'probe',
    mode: 'parallel',
    onFailure: 'continue',
    maxParallel: null,
    scheduledFor: null,
    request: {},
    createdBy: { id: null, name: 'test' },
    waves: [jobs],
    ...extra,
  };
}

export interface JobRow {
  id: number;
  status: string;
  progress: number;
  reason: string | null;
  attempt: number;
  label: string;
  waiting_for: string | null;
  steps: { name: string; status: string; message?: string; unknown?: boolean; tries?: number }[];
}

export interface WaveRow {
  ordinal: number;
  status: string;
  gate_verdict: string | null;
  gate_reason: string | null;
  gate_look_at: Date | null;
  gate_overridden_by: string | null;
  opened_at: Date | null;
  jobs_ended_at: Date | null;
  tally: WaveTally | null;
}

/** A gate that allows nothing to go wrong. */
export function gate(extra: Partial<GateSpec> = {}): GateSpec {
  return { maxFailures: 0, maxFailurePercent: null, maxUnknown: 0, checks: [], soakS: 0, onBreach: 'halt', ...extra };
}

/** Waves of jobs of one step each, with a gate behind each. */
export function gated(
  waves: readonly (readonly string[])[],
  spec: GateSpec,
  extra: Partial<BatchSpec> = {},
): BatchSpec {
  return batch([], {
    waves: waves.map((labels) => labels.map((label) => job(label, [step('one')]))),
    waveSpecs: waves.map((_labels, index) => ({ label: `w${index}`, gate: spec })),
    ...extra,
  });
}

/** An app whose worker runs, and what a spec does with it. */
export class Bench {
  private constructor(
    readonly app: TestApp,
    readonly world: World,
  ) {}

  static async start(world: World, options: TestAppOptions = {}): Promise<Bench> {
    const modules = [probeModule(world), ...(options.modules ?? [])];
    const config = { role: 'all', ...options.config } as const;
    return new Bench(await startTestApp({ ...options, config, modules }), world);
  }

  get sql() {
    return this.app.database.dataSource;
  }

  async submit(spec: BatchSpec): Promise<{ id: string; jobIds: readonly number[] }> {
    const batches = this.app.app.get(BatchesService, { strict: false });
    return this.sql.transaction((tx) => batches.submit(tx, spec));
  }

  async cancel(jobIds: readonly number[]): Promise<number[]> {
    const batches = this.app.app.get(BatchesService, { strict: false });
    return this.sql.transaction((tx) => batches.cancel(tx, 'probe', jobIds, 'test'));
  }

  async abort(jobIds: readonly number[], by = 'test'): Promise<AbortedJobs> {
    const batches = this.app.app.get(BatchesService, { strict: false });
    return this.sql.transaction((tx) => batches.abort(tx, 'probe', jobIds, by));
  }

  /** Steers a batch, in a transaction. */
  async steer<T>(act: (control: BatchControlService, tx: EntityManager) => Promise<T>): Promise<T> {
    const control = this.app.app.get(BatchControlService, { strict: false });
    return this.sql.transaction((tx) => act(control, tx));
  }

  waves(batchId: string): Promise<WaveRow[]> {
    return this.sql.query('select * from waves where batch_id = $1 order by ordinal', [batchId]);
  }

  append(tx: EntityManager, batchId: string, jobs: readonly JobSpec[]): Promise<number[]> {
    return this.app.app.get(BatchesService, { strict: false }).append(tx, batchId, jobs);
  }

  jobs(batchId: string): Promise<JobRow[]> {
    return this.sql.query(
      'select id, status, progress, reason, attempt, label, waiting_for, steps from jobs where batch_id = $1 order by id',
      [batchId],
    );
  }

  async batchStatus(batchId: string): Promise<string> {
    const [row] = await this.sql.query<{ status: string }[]>('select status from batches where id = $1', [batchId]);
    return row!.status;
  }

  /** Resolves when the batch has ended. */
  async ended(batchId: string, withinMs = 55_000): Promise<string> {
    return this.until(async () => {
      const status = await this.batchStatus(batchId);
      return ['succeeded', 'failed', 'cancelled'].includes(status) ? status : undefined;
    }, withinMs);
  }

  /** Asks again and again until the answer is not undefined. */
  async until<T>(ask: () => Promise<T | undefined> | T | undefined, withinMs = 55_000): Promise<T> {
    const end = Date.now() + withinMs;
    for (;;) {
      const answer = await ask();
      if (answer !== undefined) return answer;
      if (Date.now() > end) throw new Error('did not happen in time');
      await new Promise((resolve) => setTimeout(resolve, 40));
    }
  }

  close(): Promise<void> {
    return this.app.close();
  }
}
