import { Injectable, Logger, type BeforeApplicationShutdown } from '@nestjs/common';
import { Interval } from '@nestjs/schedule';
import { InjectDataSource } from '@nestjs/typeorm';
import type { DataSource, EntityManager } from 'typeorm';
import { Config } from '../../config/config.js';
import { DueWorkflows } from './due-workflows.service.js';
import { ServerReturns } from './server-returns.service.js';
import { WorkflowEnds } from './workflow-ends.service.js';
import { holdWorkflow } from './workflow-rows.js';

/**
 * The timetable of environments: times to live, scheduled workflows, workflows that take too long. The timers only tick;
 * what is due is decided with the database's clock, and each thing that is due is done by the one who locks its row.
 */
@Injectable()
export class EnvironmentClock implements BeforeApplicationShutdown {
  private readonly logger = new Logger(EnvironmentClock.name);
  private running: Promise<void> | null = null;
  private isStopping = false;

  constructor(
    @InjectDataSource() private readonly dataSource: DataSource,
    private readonly config: Config,
    private readonly due: DueWorkflows,
    private readonly ends: WorkflowEnds,
    private readonly returns: ServerReturns,
  ) {}

  @Interval(1_000)
  tick(): void {
    if (!this.config.isWorker || this.isStopping || this.running !== null) return;
    this.running = this.pass().finally(() => (this.running = null));
  }

  async beforeApplicationShutdown(): Promise<void> {
    this.isStopping = true;
    await this.running;
  }

  /** Never rejects: the next pass is soon, and everything here may be done late. */
  private async pass(): Promise<void> {
    for (const act of [() => this.due.startScheduled(), () => this.interruptLate(), () => this.returns.pass()]) {
      await act().catch((error: unknown) => this.logger.warn(error instanceof Error ? error.message : String(error)));
    }
  }

  private async interruptLate(): Promise<void> {
    const late = await this.dataSource.query<{ id: number; environmentId: number }[]>(
      `select id, environment_id as "environmentId" from environment_workflows
       where status in ('Requested', 'Running') and deadline_at < now()
         and (interruption is null or interruption = 'failure') order by id limit 100`,
    );
    for (const { id, environmentId } of late) {
      await this.dataSource.transaction((tx) => this.interrupt(tx, environmentId, id));
    }
  }

  private async interrupt(tx: EntityManager, environmentId: number, workflowId: number): Promise<void> {
    const held = await holdWorkflow(tx, environmentId, workflowId);
    const interruption = held?.workflow.interruption ?? null;
    if (!held || interruption === 'cancel' || interruption === 'timeout') return;
    await this.ends.interrupt(tx, held, 'timeout', 'the time limit of the workflow');
  }
}
