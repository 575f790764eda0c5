import { Injectable } from '@nestjs/common';
import type { EntityManager } from 'typeorm';
import { AuditService } from '../../auth/audit/audit.service.js';
import type { Principal } from '../../auth/principal.js';
import { lockEnvironment, templateOf } from '../engine/workflow-rows.js';
import { Environment } from '../records/environment.entity.js';
import { inputError, refused } from '../wire/genesis-result.js';

/** Minutes; a hundred years. */
const LONGEST = 52_560_000;

/** Times to live: each is the destroy workflow, scheduled once (spec environments section 3.5). */
@Injectable()
export class TimesToLive {
  constructor(private readonly audit: AuditService) {}

  /** As it is given with a new environment. NaN is what was no whole number. */
  assertMinutes(minutes: number | null): void {
    if (minutes === null) return;
    if (Number.isNaN(minutes)) throw refused({ serviceErrors: { timeToLive: 'Should be numeric' } });
    const problem = problemOf(minutes);
    if (problem !== null) throw refused({ serviceErrors: { timeToLive: problem } });
  }

  /** Instead of what was set before. Returns when the environment will be destroyed. */
  async set(
    tx: EntityManager,
    principal: Principal,
    environment: Pick<Environment, 'id' | 'name' | 'template'>,
    minutes: number,
  ): Promise<Date> {
    const [row] = await tx.query<{ fireAt: Date }[]>(
      `insert into environment_schedules (environment_id, workflow, fire_at, requested_by)
       values ($1, $2, now() + $3 * interval '1 minute', $4)
       on conflict (environment_id, workflow) where failure is null do update
         set fire_at = excluded.fire_at, requested_by = excluded.requested_by, recurrence = null, variables = '{}'
       returning fire_at as "fireAt"`,
      [environment.id, templateOf(environment).destroyWorkflow, minutes, principal.username],
    );
    await this.record(tx, principal, environment, { timeToLive: row!.fireAt.toISOString() });
    return row!.fireAt;
  }

  async replace(tx: EntityManager, principal: Principal, environmentId: number, minutes: number): Promise<Date> {
    const problem = problemOf(minutes);
    if (problem !== null) throw inputError(problem);
    const environment = (await lockEnvironment(tx, environmentId))!;
    if (environment.status === 'Destroyed') {
      throw refused({ compoundServiceErrors: [`Environment '${environment.name}' is destroyed already`] });
    }
    return this.set(tx, principal, environment, minutes);
  }

  async remove(tx: EntityManager, principal: Principal, environmentId: number): Promise<void> {
    const environment = (await lockEnvironment(tx, environmentId))!;
    const removed = await tx.query<unknown[]>(
      `with gone as (
         delete from environment_schedules where environment_id = $1 and workflow = $2 and failure is null returning id)
       select id from gone`,
      [environmentId, templateOf(environment).destroyWorkflow],
    );
    if (removed.length > 0) await this.record(tx, principal, environment, { timeToLive: null });
  }

  private async record(
    tx: EntityManager,
    principal: Principal,
    { id, name }: Pick<Environment, 'id' | 'name'>,
    after: object,
  ): Promise<void> {
    await this.audit.record(tx, principal, {
      action: 'update',
      objectType: 'environment',
      objectId: id,
      objectRepr: name,
      after,
    });
  }
}

function problemOf(minutes: number): string | null {
  if (minutes < 1) return 'Should be positive';
  return minutes > LONGEST ? `Should be at most ${LONGEST}` : null;
}
