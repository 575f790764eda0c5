import { Injectable, type OnModuleInit } from '@nestjs/common';
import { DataSource } from 'typeorm';
import { ActionError, DomainError } from '../../common/errors.js';
import { DriverRegistry } from '../../drivers/driver-registry.js';
import { JobKinds } from '../../orchestration/job-kinds.js';
import type { Job } from '../../orchestration/job.entity.js';
import type { EndingWrite } from '../../orchestration/job-writes.js';
import type { EndedJob, StepHandler } from '../../orchestration/step-handler.js';
import { ImagesService } from '../images/images.service.js';
import { DeviceLookupService } from '../inventory/device-lookup.service.js';
import type { StepType } from '../workflows/step-type.js';
import { activationStep } from './steps/activation-step.js';
import { distributionStep } from './steps/distribution-step.js';
import { postcheckStep } from './steps/postcheck-step.js';
import { readinessStep } from './steps/readiness-step.js';
import { customStep, pingStep, verificationStep, waitStep } from './steps/small-steps.js';
import { precheckStep } from './steps/snapshot.js';
import { UPGRADE } from './trigger.service.js';
import { retriedSteps } from './upgrade-retries.js';
import { UpgradeRollBacks } from './upgrade-roll-backs.js';
import type { UpgradeInput, UpgradeSubject } from './upgrade-subject.js';

const STEPS: Readonly<Record<StepType, StepHandler<UpgradeSubject>>> = {
  readiness: readinessStep,
  precheck: precheckStep,
  distribution: distributionStep,
  activation: activationStep,
  verification: verificationStep,
  postcheck: postcheckStep,
  wait: waitStep,
  ping: pingStep,
  custom: customStep,
};

/** Hands the upgrade's steps down to the orchestration, and the inventory what its jobs learned. */
@Injectable()
export class UpgradeJobKind implements OnModuleInit {
  constructor(
    private readonly kinds: JobKinds,
    private readonly dataSource: DataSource,
    private readonly devices: DeviceLookupService,
    private readonly images: ImagesService,
    private readonly drivers: DriverRegistry,
    private readonly rollBacks: UpgradeRollBacks,
  ) {}

  onModuleInit(): void {
    this.kinds.register<UpgradeSubject>(UPGRADE, {
      steps: STEPS,
      load: (job) => this.load(job),
      endingWrite: learnedVersion,
      retry: retriedSteps,
      rollBack: this.rollBacks,
    });
  }

  private async load(job: Readonly<Job>): Promise<UpgradeSubject> {
    const input = job.input as UpgradeInput;
    try {
      const [device, image] = await Promise.all([
        this.devices.connection(input.deviceId),
        this.images.get(input.imageId).then((found) => this.images.deviceImage(found)),
      ]);
      const driver = this.drivers.find(device.platform);
      if (!driver) throw new ActionError(`No driver for ${device.platform}`, { code: 'no_driver', retryable: false });
      return {
        input,
        device,
        image,
        driver,
        learnHostKey: (fingerprint) => this.devices.learnHostKey(device.id, fingerprint),
        readSnapshot: () => this.readSnapshot(job.id),
      };
    } catch (error) {
      if (!(error instanceof DomainError)) throw error;
      throw new ActionError(error.message, { code: 'gone', retryable: false, cause: error });
    }
  }

  private async readSnapshot(jobId: number): Promise<Record<string, string>> {
    const rows = await this.dataSource.query<{ name: string; content: string }[]>(
      `select name, content from job_artifacts where job_id = $1 and kind = 'pre'`,
      [jobId],
    );
    return Object.fromEntries(rows.map(({ name, content }) => [name, content]));
  }
}

/** The inventory learns the version only from a device that was seen to run it. */
function learnedVersion(job: EndedJob): EndingWrite | null {
  if (job.status !== 'succeeded') return null;
  const version = job.steps.findLast(({ result }) => typeof result?.['version'] === 'string')?.result?.['version'];
  if (typeof version !== 'string' || version === '') return null;
  return {
    sql: `update devices set version = $1, reachability = 'Reachable' from held
      where devices.id = $2 and held.id = $3`,
    parameters: [version, (job.input as UpgradeInput).deviceId, job.id],
  };
}
