import { Injectable } from '@nestjs/common';
import { InjectDataSource } from '@nestjs/typeorm';
import type { DataSource, EntityManager } from 'typeorm';
import { AuditService } from '../../auth/audit/audit.service.js';
import type { Principal } from '../../auth/principal.js';
import { SecretBox } from '../../config/secret-box.js';
import { violatedUnique } from '../../database/pg-errors.js';
import { nextTime } from '../engine/recurrence.js';
import { openVariables, sealVariables, type SealedVariables } from '../engine/sealed-variables.js';
import { WorkflowStarts } from '../engine/workflow-starts.service.js';
import { lockEnvironment, templateOf } from '../engine/workflow-rows.js';
import { Environment } from '../records/environment.entity.js';
import { workflowOf } from '../templates/template.js';
import { clash, missing, refused } from '../wire/genesis-result.js';

export interface NewSchedule {
  readonly workflow: string;
  readonly fireAt: Date;
  readonly recurrence: string | null;
  readonly variables: Readonly<Record<string, unknown>>;
}

/** A workflow that is to run later, or one that could not be started (`failure`). */
export interface ScheduleRow {
  readonly id: number;
  readonly projectId: number;
  readonly environmentId: number;
  readonly environmentName: string;
  readonly workflow: string;
  readonly fireAt: Date;
  readonly recurrence: string | null;
  /** As people may see them: secrets are masked. */
  readonly variables: Readonly<Record<string, string>>;
  readonly requestedBy: string;
  readonly failure: string | null;
}

interface StoredSchedule extends Omit<ScheduleRow, 'variables'> {
  readonly variables: SealedVariables;
}

const EARLIEST_MS = 60_000;
const LATEST_MS = 100 * 366 * 86_400_000;

const SELECT = `
  select s.id, e.project_id as "projectId", e.id as "environmentId", e.name as "environmentName", s.workflow,
    s.fire_at as "fireAt", s.recurrence, s.variables, s.requested_by as "requestedBy", s.failure
  from environment_schedules s join environments e on e.id = s.environment_id`;

/** Scheduled workflows of environments (spec environments section 2.1, Jobs). */
@Injectable()
export class SchedulesService {
  constructor(
    @InjectDataSource() private readonly dataSource: DataSource,
    private readonly starts: WorkflowStarts,
    private readonly secrets: SecretBox,
    private readonly audit: AuditService,
  ) {}

  async list(environmentId: number, kind: 'waiting' | 'failed'): Promise<ScheduleRow[]> {
    return this.rows(`${SELECT} where e.id = $1 and (s.failure is null) = $2 order by s.id`, [
      environmentId,
      kind === 'waiting',
    ]);
  }

  async ofProject(projectId: number): Promise<ScheduleRow[]> {
    return this.rows(`${SELECT} where e.project_id = $1 order by s.id`, [projectId]);
  }

  /** When an environment's time to live is over; null where it has none. */
  async endOfLife(environmentId: number): Promise<Date | null> {
    const [row] = await this.dataSource.query<{ fireAt: Date }[]>(
      `select s.fire_at as "fireAt" from environment_schedules s join environments e on e.id = s.environment_id
       where e.id = $1 and s.failure is null and s.workflow = e.template->>'destroyWorkflow'`,
      [environmentId],
    );
    return row?.fireAt ?? null;
  }

  async add(principal: Principal, environmentId: number, wish: NewSchedule): Promise<number> {
    const variables = await this.checked(environmentId, wish);
    try {
      return await this.dataSource.transaction(async (tx) => {
        const environment = await lockLive(tx, environmentId);
        const [row] = await tx.query<{ id: number }[]>(
          `insert into environment_schedules (environment_id, workflow, fire_at, recurrence, variables, requested_by)
           values ($1, $2, $3, $4, $5::jsonb, $6) returning id`,
          [environmentId, wish.workflow, wish.fireAt, wish.recurrence, JSON.stringify(variables), principal.username],
        );
        await this.record(tx, principal, environment, 'schedule', wish);
        return row!.id;
      });
    } catch (error) {
      if (violatedUnique(error) !== 'environment_schedules_waiting_key') throw error;
      throw clash(`Workflow '${wish.workflow}' is scheduled already`);
    }
  }

  async change(principal: Principal, environmentId: number, id: number, wish: NewSchedule): Promise<void> {
    const variables = await this.checked(environmentId, wish);
    try {
      await this.dataSource.transaction(async (tx) => {
        const environment = await lockLive(tx, environmentId);
        const changed = await tx.query<unknown[]>(
          `with changed as (
             update environment_schedules
             set workflow = $3, fire_at = $4, recurrence = $5, variables = $6::jsonb, requested_by = $7
             where id = $1 and environment_id = $2 and failure is null returning id)
           select id from changed`,
          [
            id,
            environmentId,
            wish.workflow,
            wish.fireAt,
            wish.recurrence,
            JSON.stringify(variables),
            principal.username,
          ],
        );
        if (changed.length === 0) throw noSchedule(id);
        await this.record(tx, principal, environment, 'schedule', wish);
      });
    } catch (error) {
      if (violatedUnique(error) !== 'environment_schedules_waiting_key') throw error;
      throw clash(`Workflow '${wish.workflow}' is scheduled already`);
    }
  }

  async remove(principal: Principal, environmentId: number, id: number, kind: 'waiting' | 'failed'): Promise<void> {
    await this.dataSource.transaction(async (tx) => {
      const environment = (await lockEnvironment(tx, environmentId))!;
      const [removed] = await tx.query<{ workflow: string }[]>(
        `with gone as (
           delete from environment_schedules
           where id = $1 and environment_id = $2 and (failure is null) = $3 returning workflow)
         select workflow from gone`,
        [id, environmentId, kind === 'waiting'],
      );
      if (!removed) throw noSchedule(id);
      await this.record(tx, principal, environment, 'unschedule', { workflow: removed.workflow });
    });
  }

  /** What could not be started is refused now, not when its time has come. */
  private async checked(environmentId: number, wish: NewSchedule): Promise<SealedVariables> {
    const environment = await this.dataSource.manager.findOneByOrFail(Environment, { id: environmentId });
    const template = templateOf(environment);
    const workflow = wish.workflow === template.createWorkflow ? null : workflowOf(template, wish.workflow);
    if (workflow === null) throw missing(`Workflow ${wish.workflow} not found in template ${template.name}`);
    const ms = wish.fireAt.getTime() - Date.now();
    if (Number.isNaN(ms) || ms > LATEST_MS)
      throw refused({ variablesErrors: { executionDate: 'Invalid timestamp format' } });
    if (ms < EARLIEST_MS) throw refused({ variablesErrors: { executionDate: "Execution date can't be in the past" } });
    if (wish.recurrence !== null && nextTime(wish.recurrence, wish.fireAt) === null) {
      throw refused({ variablesErrors: { schedule: 'Invalid schedule' } });
    }
    const inputs = await this.starts.accept(this.dataSource.manager, environment, workflow, wish.variables);
    return sealVariables(inputs.values, inputs.secretNames, this.secrets);
  }

  private async rows(sql: string, parameters: readonly unknown[]): Promise<ScheduleRow[]> {
    const rows = await this.dataSource.query<StoredSchedule[]>(sql, [...parameters]);
    return rows.map((row) => {
      const { masked } = openVariables(row.variables, this.secrets);
      const shown = Object.entries(masked).map(([name, value]) => [name, String(value)] as const);
      return { ...row, variables: Object.fromEntries(shown) };
    });
  }

  private async record(
    tx: EntityManager,
    principal: Principal,
    { id, name }: Environment,
    action: string,
    { workflow, fireAt, recurrence }: Partial<NewSchedule>,
  ): Promise<void> {
    await this.audit.record(tx, principal, {
      action,
      objectType: 'environment',
      objectId: id,
      objectRepr: name,
      after: { workflow, fireAt: fireAt?.toISOString(), recurrence },
    });
  }
}

async function lockLive(tx: EntityManager, id: number): Promise<Environment> {
  const environment = (await lockEnvironment(tx, id))!;
  if (environment.status !== 'Destroyed') return environment;
  throw refused({ compoundServiceErrors: [`Environment '${environment.name}' is destroyed already`] });
}

function noSchedule(id: number) {
  return missing(`Job [id = ${id}] wasn't found`);
}
