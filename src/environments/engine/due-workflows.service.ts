import { Injectable } from '@nestjs/common';
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

/** What Slipway starts by itself: the end of an environment whose time is over, and scheduled workflows (spec environments section 3.5). */
@Injectable()
export class DueWorkflows {
  constructor(
    @InjectDataSource() private readonly dataSource: DataSource,
    private readonly config: Config,
    private readonly starts: WorkflowStarts,
    private readonly audit: AuditService,
    private readonly secrets: SecretBox,
  ) {}

  /** Environments whose time to live is over are destroyed; one that is busy is tried again. */
  async endLives(): Promise<void> {
    const due = await this.dataSource.query<{ id: number }[]>(
      `select id from environments where destroy_at <= now() order by destroy_at limit ${CHUNK}`,
    );
    for (const { id } of due) await this.dataSource.transaction((tx) => this.endLife(tx, id));
  }

  async startScheduled(): Promise<void> {
    const due = await this.dataSource.query<{ id: number; environmentId: number }[]>(
      `select id, environment_id as "environmentId" from environment_schedules
       where failure is null and fire_at <= now() order by fire_at limit ${CHUNK}`,
    );
    for (const { id, environmentId } of due) {
      await this.dataSource.transaction((tx) => this.startOne(tx, environmentId, id));
    }
  }

  private async endLife(tx: EntityManager, environmentId: number): Promise<void> {
    const environment = await lockEnvironment(tx, environmentId);
    const [clock] = await tx.query<{ now: Date }[]>('select clock_timestamp() as now');
    // Another process was faster, or somebody gave it more time.
    if (!environment?.destroyAt || environment.destroyAt > clock!.now) return;
    if (environment.status === 'Destroyed') return dropSchedules(tx, environmentId);
    if (environment.status === 'Busy') {
      await tx.query(`update environments set destroy_at = now() + $2 * interval '1 second' where id = $1`, [
        environmentId,
        this.config.values.genesisTtlRetry,
      ]);
      return;
    }
    const workflow = templateOf(environment).destroyWorkflow;
    const requestedBy = environment.destroyBy ?? environment.creator;
    const failure = await this.start(tx, environment, workflow, {}, requestedBy);
    await tx.update(Environment, environmentId, { destroyAt: null, destroyBy: null });
    if (failure === null) return;
    const fireAt = environment.destroyAt;
    await tx.insert(EnvironmentSchedule, { environmentId, workflow, fireAt, requestedBy, failure });
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
    const { workflow, requestedBy, recurrence, variables } = schedule;
    const next = recurrence === null ? null : nextTime(recurrence, clock!.now);
    if (next !== null && failure === null) await tx.update(EnvironmentSchedule, scheduleId, { fireAt: next });
    else await tx.delete(EnvironmentSchedule, scheduleId);
    if (failure === null) return;
    const kept = { environmentId, workflow, fireAt: schedule.fireAt, recurrence, variables, requestedBy, failure };
    await tx.insert(EnvironmentSchedule, kept as Parameters<EntityManager['insert']>[1]);
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
