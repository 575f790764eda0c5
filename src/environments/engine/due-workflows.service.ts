import { Injectable, Logger } from '@nestjs/common';
import { InjectDataSource } from '@nestjs/typeorm';
import type { DataSource, EntityManager } from 'typeorm';
import { AuditService } from '../../auth/audit/audit.service.js';
import { SYSTEM_PRINCIPAL } from '../../auth/principal.js';
import { DomainError } from '../../common/errors.js';
import { Config } from '../../config/config.js';
import { SecretBox } from '../../config/secret-box.js';
import { EnvironmentSchedule } from '../records/environment-schedule.entity.js';
import { Environment } from '../records/environment.entity.js';
import { workflowOf } from '../templates/template.js';
import { problemsOf } from './refusal-text.js';
import { nextTime } from './recurrence.js';
import { openVariables, type SealedVariables } from './sealed-variables.js';
import { lockEnvironment, templateOf } from './workflow-rows.js';
import { dropSchedules } from './workflow-ends.service.js';
import { schedulerOf, WorkflowStarts, type WorkflowStart } from './workflow-starts.service.js';

/** Of one pass; the rest is soon. */
const CHUNK = 100;

/**
 * What Slipway starts by itself: scheduled workflows. The end of an environment whose time to live is over is one of them: its
 * destroy workflow (spec environments section 3.5).
 */
@Injectable()
export class DueWorkflows {
  private readonly logger = new Logger(DueWorkflows.name);

  constructor(
    @InjectDataSource() private readonly dataSource: DataSource,
    private readonly config: Config,
    private readonly starts: WorkflowStarts,
    private readonly audit: AuditService,
    private readonly secrets: SecretBox,
  ) {}

  async startScheduled(): Promise<void> {
    const due = await this.dataSource.query<{ id: number; environmentId: number }[]>(
      `select id, environment_id as "environmentId" from environment_schedules
       where failure is null and fire_at <= now() order by fire_at limit ${CHUNK}`,
    );
    for (const { id, environmentId } of due) {
      try {
        await this.dataSource.transaction((tx) => this.startOne(tx, environmentId, id));
      } catch (error) {
        // One that cannot be read must not keep the others from their time.
        this.logger.error(`Schedule ${id}: ${error instanceof Error ? error.message : String(error)}`);
        await this.putOff(id);
      }
    }
  }

  private async putOff(id: number): Promise<void> {
    await this.dataSource.query(
      `update environment_schedules set fire_at = now() + $2 * interval '1 second' where id = $1 and failure is null`,
      [id, this.config.values.genesisTtlRetry],
    );
  }

  private async startOne(tx: EntityManager, environmentId: number, scheduleId: number): Promise<void> {
    const environment = await lockEnvironment(tx, environmentId);
    const schedule = await tx.findOne(EnvironmentSchedule, {
      where: { id: scheduleId },
      lock: { mode: 'pessimistic_write' },
    });
    const [clock] = await tx.query<{ now: Date }[]>('select clock_timestamp() as now');
    if (!environment || !schedule || schedule.failure !== null || schedule.fireAt > clock!.now) return;
    if (environment.status === 'Destroyed') return dropSchedules(tx, environmentId);
    if (environment.status === 'Busy') {
      const fireAt = new Date(clock!.now.getTime() + this.config.values.genesisTtlRetry * 1000);
      await tx.update(EnvironmentSchedule, scheduleId, { fireAt });
      return;
    }
    const { values } = openVariables(schedule.variables as SealedVariables, this.secrets);
    const failure = await this.start(tx, environment, schedule.workflow, values, schedule.requestedBy);
    await this.settle(tx, schedule, failure, clock!.now);
  }

  /** A refusal is kept to be read and not tried again; what recurs has its next time all the same. */
  private async settle(
    tx: EntityManager,
    schedule: EnvironmentSchedule,
    failure: string | null,
    now: Date,
  ): Promise<void> {
    const { id, recurrence } = schedule;
    const next = recurrence === null ? null : nextTime(recurrence, now);
    if (failure !== null) {
      await tx.query(
        `insert into environment_schedules (environment_id, workflow, fire_at, recurrence, variables, requested_by, failure)
         select environment_id, workflow, fire_at, recurrence, variables, requested_by, $2
         from environment_schedules where id = $1`,
        [id, failure],
      );
    }
    if (next === null) await tx.delete(EnvironmentSchedule, id);
    else await tx.update(EnvironmentSchedule, id, { fireAt: next });
  }

  /** Why it was refused; null when it runs. */
  private async start(
    tx: EntityManager,
    environment: Environment,
    name: string,
    given: Readonly<Record<string, unknown>>,
    requestedBy: string,
  ): Promise<string | null> {
    const workflow = workflowOf(templateOf(environment), name);
    if (workflow === null) return `Workflow ${name} is not in the template`;
    try {
      const inputs = await this.starts.accept(tx, environment, workflow, given);
      const start: WorkflowStart = { workflow, inputs, startedBy: schedulerOf(requestedBy) };
      const id = await this.starts.start(tx, environment.id, start);
      await this.audit.record(tx, SYSTEM_PRINCIPAL, {
        action: 'workflow_start',
        objectType: 'environment',
        objectId: environment.id,
        objectRepr: environment.name,
        after: { workflow: name, workflowId: id, startedBy: start.startedBy },
      });
      return null;
    } catch (error) {
      if (!(error instanceof DomainError)) throw error;
      return problemsOf(error);
    }
  }
}
