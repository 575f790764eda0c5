import { Injectable } from '@nestjs/common';
import { DataSource, In, type EntityManager } from 'typeorm';
import { AuditService } from '../../auth/audit/audit.service.js';
import type { Principal } from '../../auth/principal.js';
import { Config } from '../../config/config.js';
import { DriverRegistry } from '../../drivers/driver-registry.js';
import { once, type IdempotentRequest } from '../../http/idempotency/idempotency.js';
import { BatchesService, type JobSpec } from '../../orchestration/batches.service.js';
import { NotFound } from '../../common/errors.js';
import { invalidRequest } from '../drf/refusals.js';
import { GoldenLookupService } from '../images/golden-lookup.service.js';
import { ImagesService } from '../images/images.service.js';
import { DeviceLookupService, type ResolvedDevice } from '../inventory/device-lookup.service.js';
import { DeviceModelImage } from '../inventory/device-model-image.entity.js';
import { WorkflowLookupService } from '../workflows/workflow-lookup.service.js';
import { planTrigger, type DevicePlan, type TriggerFacts } from './trigger-plan.js';
import type { TriggerWish } from './trigger-wish.js';
import { DEFAULT_STEPS } from './upgrade-steps.js';

export const UPGRADE = 'upgrade';

/** What a trigger came to, as it is answered; stored as it is for a repeated request. */
export interface TriggerResult {
  readonly batchId: string | null;
  readonly jobIds: readonly number[];
  readonly devices: readonly TriggeredDevice[];
  readonly workflowName: string | null;
}

export type TriggeredDevice = { readonly id: number; readonly hostname: string } & (
  | { readonly jobId: number | null; readonly image: string }
  | { readonly error: string; readonly message: string }
);

/** Starts upgrades: finds all that the wish names, has it planned, and stores it in one transaction. */
@Injectable()
export class TriggerService {
  constructor(
    private readonly dataSource: DataSource,
    private readonly config: Config,
    private readonly lookups: TriggerLookups,
    private readonly batches: BatchesService,
    private readonly audit: AuditService,
  ) {}

  /** Atomic: whatever is unknown or wrong is found before anything is stored. */
  async trigger(principal: Principal, wish: TriggerWish, repeat: IdempotentRequest | null): Promise<TriggerResult> {
    return this.dataSource.transaction((tx) => once(tx, repeat, () => this.store(tx, principal, wish)));
  }

  /** What `trigger` would do, without doing it. */
  async preview(wish: TriggerWish): Promise<TriggerResult> {
    const facts = await this.lookups.read(wish);
    return resultOf(planTrigger(wish, facts), facts, null, []);
  }

  private async store(tx: EntityManager, principal: Principal, wish: TriggerWish): Promise<TriggerResult> {
    const facts = await this.lookups.read(wish);
    const plans = planTrigger(wish, facts);
    const jobs = plans.flatMap((plan): JobSpec[] => ('job' in plan ? [plan.job] : []));
    if (jobs.length === 0) throw noJobs(plans);
    const grace = this.config.values.scheduleGrace;
    const batch = await this.batches.submit(tx, {
      kind: UPGRADE,
      mode: wish.mode,
      onFailure: wish.onFailure,
      maxParallel: wish.maxParallel,
      scheduledFor: wish.schedule && isAhead(wish.schedule.at) ? wish.schedule.at : null,
      request: { graceS: grace, remarks: wish.remarks, workflow: facts.workflow?.name ?? null },
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
    return resultOf(plans, facts, batch.id, batch.jobIds);
  }
}

/** Reads what a trigger's decision needs, with a handful of statements however many devices there are. */
@Injectable()
export class TriggerLookups {
  constructor(
    private readonly devices: DeviceLookupService,
    private readonly golden: GoldenLookupService,
    private readonly images: ImagesService,
    private readonly workflows: WorkflowLookupService,
    private readonly drivers: DriverRegistry,
    private readonly dataSource: DataSource,
    private readonly config: Config,
  ) {}

  async read(wish: TriggerWish): Promise<TriggerFacts> {
    const { devices, unknown } = await this.devices.resolve(wish.devices);
    if (unknown.length > 0) throw unknownDevices(unknown);
    const workflow = await this.workflow(wish.workflowId);
    const image = wish.imageId === null ? null : await this.image(wish.imageId);
    return {
      devices,
      image,
      workflow,
      golden: image || !wish.autoSelectImage ? new Map() : await this.golden.resolveMany(devices),
      supported: await this.supported(devices),
      platforms: this.drivers.platforms,
      defaultSteps: DEFAULT_STEPS,
      checks: await this.checks(devices),
      limits: this.config.values,
    };
  }

  private async image(id: number) {
    const image = await this.images.find(id);
    if (image) return image;
    throw new NotFound(`Image with ID ${id} does not exist`, {
      body: { error: 'Image not found', message: `Image with ID ${id} does not exist` },
    });
  }

  private async workflow(id: number | null): Promise<TriggerFacts['workflow']> {
    const found = await this.workflows.resolve(id).catch((error: unknown) => {
      if (!(error instanceof NotFound)) throw error;
      const message = `Workflow with ID ${id} does not exist`;
      throw new NotFound(message, { body: { error: 'Workflow not found', message } });
    });
    if (!found) return null;
    const { workflow, steps } = found;
    if (steps.length === 0) throw invalidRequest('Invalid workflow', `Workflow ${workflow.name} has no steps`);
    return { id: workflow.id, name: workflow.name, steps };
  }

  private async supported(devices: readonly ResolvedDevice[]): Promise<Map<number, Set<number>>> {
    const models = [...new Set(devices.flatMap(({ modelId }) => (modelId === null ? [] : [modelId])))];
    const rows = models.length === 0 ? [] : await this.dataSource.manager.findBy(DeviceModelImage, { modelId: In(models) });
    const supported = new Map<number, Set<number>>();
    for (const { modelId, imageId } of rows) supported.set(modelId, (supported.get(modelId) ?? new Set()).add(imageId));
    return supported;
  }

  private async checks(devices: readonly ResolvedDevice[]): Promise<Map<string, Record<string, string>>> {
    const platforms = [...new Set(devices.map(({ platform }) => platform))];
    const entries = platforms.map(async (platform) => {
      const checks = await this.workflows.defaultChecks(platform);
      return [platform, Object.fromEntries(checks.map(({ name, command }) => [name, command]))] as const;
    });
    return new Map(await Promise.all(entries));
  }
}

function isAhead(at: Date): boolean {
  return at.getTime() > Date.now();
}

function resultOf(
  plans: readonly DevicePlan[],
  facts: TriggerFacts,
  batchId: string | null,
  jobIds: readonly number[],
): TriggerResult {
  let next = 0;
  const devices = plans.map((plan): TriggeredDevice => {
    const { id, hostname } = plan.device;
    if ('refusal' in plan) return { id, hostname, ...plan.refusal };
    return { id, hostname, jobId: jobIds[next++] ?? null, image: plan.image.filename };
  });
  return { batchId, jobIds, devices, workflowName: facts.workflow?.name ?? null };
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

function unknownDevices(unknown: readonly (number | string)[]): NotFound {
  const message = `Unknown device(s): ${unknown.join(', ')}`;
  return new NotFound(message, {
    body: { detail: 'Not found.', error: 'Device not found', message, unknown_devices: unknown },
  });
}
