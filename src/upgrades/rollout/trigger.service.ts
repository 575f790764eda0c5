import { Injectable } from '@nestjs/common';
import { DataSource, type EntityManager } from 'typeorm';
import { AuditService } from '../../auth/audit/audit.service.js';
import type { Principal } from '../../auth/principal.js';
import { once, repeated, type IdempotentRequest } from '../../http/idempotency/idempotency.js';
import { BatchesService, type JobSpec } from '../../orchestration/batches.service.js';
import { invalidRequest } from '../drf/refusals.js';
import { TriggerLookups } from './trigger-lookups.service.js';
import { planTrigger, type DevicePlan, type TriggerFacts } from './trigger-plan.js';
import type { TriggerNames, TriggerWish } from './trigger-wish.js';

export const UPGRADE = 'upgrade';

/** What a trigger came to, as it is answered; stored as it is for a repeated request. */
export interface TriggerResult {
  readonly batchId: string | null;
  readonly jobIds: readonly number[];
  readonly devices: readonly TriggeredDevice[];
  readonly workflowName: string | null;
  /** It starts later. */
  readonly scheduled: boolean;
}

export type TriggeredDevice = { readonly id: number; readonly hostname: string } & (
  { readonly jobId: number | null; readonly image: string } | { readonly error: string; readonly message: string }
);

/** Starts upgrades: finds all that the wish names, has it planned, and stores it in one transaction. */
@Injectable()
export class TriggerService {
  constructor(
    private readonly dataSource: DataSource,
    private readonly lookups: TriggerLookups,
    private readonly batches: BatchesService,
    private readonly audit: AuditService,
  ) {}

  /** Atomic: whatever is unknown or wrong is found before anything is stored. */
  async trigger(principal: Principal, wish: TriggerWish, repeat: IdempotentRequest | null): Promise<TriggerResult> {
    const answered = await repeated<TriggerResult>(this.dataSource, repeat);
    if (answered) return answered;
    // Read before the transaction: one that waits for a second connection while it holds the first can starve all.
    const facts = await this.lookups.read(wish);
    return this.dataSource.transaction((tx) => once(tx, repeat, () => this.store(tx, principal, wish, facts)));
  }

  /** Throws `NotFound` for the first name that is unknown. */
  async requireKnown(names: TriggerNames): Promise<void> {
    await this.lookups.find(names);
  }

  /** What `trigger` would do, without doing it. */
  async preview(wish: TriggerWish): Promise<TriggerResult> {
    const facts = await this.lookups.read(wish);
    return resultOf(wish, planTrigger(wish, facts), facts, { id: null, jobIds: [] });
  }

  private async store(
    tx: EntityManager,
    principal: Principal,
    wish: TriggerWish,
    facts: TriggerFacts,
  ): Promise<TriggerResult> {
    const plans = planTrigger(wish, facts);
    const jobs = plans.flatMap((plan): JobSpec[] => ('job' in plan ? [plan.job] : []));
    if (jobs.length === 0) throw noJobs(plans);
    const batch = await this.batches.submit(tx, {
      kind: UPGRADE,
      mode: wish.mode,
      onFailure: wish.onFailure,
      maxParallel: wish.maxParallel,
      scheduledFor: wish.schedule && isAhead(wish.schedule.at) ? wish.schedule.at : null,
      request: { remarks: wish.remarks, workflow: facts.workflow?.name ?? null },
      createdBy: { id: principal.userId, name: principal.username },
      waves: [jobs],
    });
    await this.audit.record(tx, principal, {
      action: 'upgrade.trigger',
      objectType: 'batch',
      objectId: batch.id,
      objectRepr: `${jobs.length} devices`,
      after: { mode: wish.mode, jobs: jobs.length, schedule: wish.schedule?.text ?? null, remarks: wish.remarks },
    });
    return resultOf(wish, plans, facts, batch);
  }
}

function isAhead(at: Date): boolean {
  return at.getTime() > Date.now();
}

function resultOf(
  wish: TriggerWish,
  plans: readonly DevicePlan[],
  facts: TriggerFacts,
  batch: { readonly id: string | null; readonly jobIds: readonly number[] },
): TriggerResult {
  let next = 0;
  const devices = plans.map((plan): TriggeredDevice => {
    const { id, hostname } = plan.device;
    if ('refusal' in plan) return { id, hostname, ...plan.refusal };
    return { id, hostname, jobId: batch.jobIds[next++] ?? null, image: plan.image.filename };
  });
  const scheduled = wish.schedule !== null && isAhead(wish.schedule.at);
  return { batchId: batch.id, jobIds: batch.jobIds, devices, workflowName: facts.workflow?.name ?? null, scheduled };
}

/** The documented poller would take an empty list of jobs for a success, so this is refused (spec section 1.3). */
function noJobs(plans: readonly DevicePlan[]) {
  const details = plans.map((plan) => ({
    device_id: plan.device.id,
    device_hostname: plan.device.hostname,
    ...('refusal' in plan ? plan.refusal : {}),
  }));
  const extra = { jobs_created: 0, job_ids: [], details };
  return invalidRequest('No jobs created', 'No device could be scheduled for upgrade', extra);
}
