import { Injectable, type OnModuleInit } from '@nestjs/common';
import { InjectDataSource } from '@nestjs/typeorm';
import type { DataSource } from 'typeorm';
import { SecretBox } from '../../config/secret-box.js';
import { BootHostDrivers } from '../../drivers/boot-host/boot-host-drivers.js';
import { JobKinds } from '../../orchestration/job-kinds.js';
import type { Job } from '../../orchestration/job.entity.js';
import { BootContexts } from '../contexts/boot-contexts.service.js';
import { bootActionsFor, type Design, designNode, type DesignNode } from '../designs/design.js';
import { DesignsService } from '../designs/designs.service.js';
import { bootHostOf } from '../hosts/boot-host-of.js';
import { userDataFor } from '../designs/packages.js';
import { BootHosts, type PlacedNode } from '../hosts/boot-hosts.service.js';
import { SiteTask } from '../records/site-task.entity.js';
import { REPORT_ACTION } from '../tasks/actions.js';
import { TaskMessages } from '../tasks/task-messages.service.js';
import { DRYDOCK, type TaskJobInput } from './drydock-job.js';
import { MACHINE_STEPS } from './machine-steps.js';
import { SITE_STEPS } from './site-steps.js';
import { TaskEnds } from './task-ends.service.js';
import { reportedActions } from './task-rows.js';
import type { Machine, TaskWork } from './task-work.js';
import { TaskWorkRecords } from './work-records.js';

/** Hands the steps of tasks down to the orchestration, and to the tasks what became of them. */
@Injectable()
export class DrydockJobKind implements OnModuleInit {
  constructor(
    @InjectDataSource() private readonly dataSource: DataSource,
    private readonly kinds: JobKinds,
    private readonly designs: DesignsService,
    private readonly drivers: BootHostDrivers,
    private readonly hosts: BootHosts,
    private readonly contexts: BootContexts,
    private readonly messages: TaskMessages,
    private readonly secrets: SecretBox,
    private readonly ends: TaskEnds,
  ) {}

  onModuleInit(): void {
    this.kinds.register<TaskWork>(DRYDOCK, {
      steps: { ...SITE_STEPS, ...MACHINE_STEPS },
      load: (job) => this.load(job),
      onFinished: (tx, job) => this.ends.jobEnded(tx, job),
      onBatchEnded: (tx, batch) => this.ends.batchEnded(tx, batch),
    });
  }

  private async load(job: Readonly<Job>): Promise<TaskWork> {
    const { taskId, node } = job.input as unknown as TaskJobInput;
    await this.started(taskId);
    const task = await this.dataSource.manager.findOneByOrFail(SiteTask, { id: taskId });
    const design = task.designDigest === null ? null : await this.designs.pinned(task.designDigest);
    const machine = this.machineOf(design, node);
    const { id, rootId, action, designRef, sealedRef, nodeFilter, nodeNames } = task;
    return {
      task: { id, action, nodeFilter },
      machine,
      reported: action === REPORT_ACTION ? await reportedActions(this.dataSource, rootId, nodeNames) : [],
      records: this.recordsFor(task, design, machine),
      loadDesign: (signal) => {
        const ref = sealedRef === null ? designRef : this.secrets.decrypt(sealedRef);
        return this.designs.load(ref, { signal });
      },
      isDriven: (one) => this.isDriven(one),
    };
  }

  private async started(taskId: string): Promise<void> {
    await this.dataSource.query(
      `update drydock_tasks set status = 'running', updated_at = now() where id = $1 and status = 'queued'`,
      [taskId],
    );
  }

  private machineOf(design: Design | null, name: string | null): Machine | null {
    const node = design !== null && name !== null ? designNode(design, name) : undefined;
    if (!node) return null;
    const host = bootHostOf(node);
    return { host, driver: this.drivers.find(host) };
  }

  private isDriven(node: DesignNode | null): boolean {
    return node === null ? this.drivers.isEnabled : this.drivers.find({ oobType: node.oob.type }) !== null;
  }

  private recordsFor(task: SiteTask, design: Design | null, machine: Machine | null): TaskWorkRecords {
    const { dataSource, designs, hosts, contexts, messages } = this;
    const hostname = machine?.host.hostname;
    const isDeployable = design !== null && task.designDigest !== null && hostname !== undefined;
    return new TaskWorkRecords(
      { dataSource, designs, hosts, contexts, messages },
      task,
      hostname === undefined ? null : { ...placeOf(design, hostname), driver: machine?.driver?.name ?? 'none' },
      isDeployable
        ? {
            designDigest: task.designDigest!,
            actions: bootActionsFor(design, hostname),
            userData: userDataFor(design, hostname),
          }
        : null,
    );
  }
}

function placeOf(design: Design | null, hostname: string): PlacedNode {
  const node = design === null ? undefined : designNode(design, hostname);
  return { hostname, rack: node?.rack ?? null, tags: node?.tags ?? [] };
}
