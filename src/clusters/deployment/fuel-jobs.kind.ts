import { Injectable, type OnModuleInit } from '@nestjs/common';
import { ActionError, DomainError } from '../../common/errors.js';
import { NodeHostDrivers } from '../../drivers/node-host/node-host-drivers.js';
import { NodeHostsService } from '../../nodes/node-hosts.service.js';
import { JobKinds } from '../../orchestration/job-kinds.js';
import type { Job } from '../../orchestration/job.entity.js';
import type { StepHandler } from '../../orchestration/step-handler.js';
import { TaskConsequences } from '../task-consequences.js';
import { FUEL, type NodeJobInput, type NodeJobSubject, type NodeStepKind } from './node-job.js';
import { accessStep } from './steps/access-step.js';
import { haltStep } from './steps/halt-step.js';
import { leaveStep } from './steps/leave-step.js';
import { rebootStep } from './steps/reboot-step.js';
import { shellStep } from './steps/shell-step.js';
import { simulateStep } from './steps/simulate-step.js';
import { uploadStep } from './steps/upload-step.js';

const STEPS: Readonly<Record<NodeStepKind, StepHandler<NodeJobSubject>>> = {
  access: accessStep,
  shell: shellStep,
  upload_file: uploadStep,
  reboot: rebootStep,
  halt: haltStep,
  leave: leaveStep,
  simulate: simulateStep,
};

/** Hands the steps of nodes' work down to the orchestration, and to the tasks what became of it. */
@Injectable()
export class FuelJobKind implements OnModuleInit {
  constructor(
    private readonly kinds: JobKinds,
    private readonly hosts: NodeHostsService,
    private readonly drivers: NodeHostDrivers,
    private readonly consequences: TaskConsequences,
  ) {}

  onModuleInit(): void {
    this.kinds.register<NodeJobSubject>(FUEL, {
      steps: STEPS,
      load: (job) => this.load(job),
      onFinished: (tx, job) => this.consequences.nodeEnded(tx, job),
      onBatchEnded: (tx, batch) => this.consequences.batchEnded(tx, batch),
    });
  }

  private async load(job: Readonly<Job>): Promise<NodeJobSubject> {
    const input = job.input as NodeJobInput;
    try {
      const { host } = await this.hosts.connection(input.nodeId);
      return {
        input,
        host,
        driver: this.drivers.ssh,
        learnHostKey: (fingerprint) => this.hosts.learnHostKey(host.id, fingerprint),
      };
    } catch (error) {
      if (!(error instanceof DomainError)) throw error;
      throw new ActionError(error.message, { code: 'gone', retryable: false, cause: error });
    }
  }
}
