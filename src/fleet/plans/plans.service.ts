import { Injectable } from '@nestjs/common';
import { DataSource, type EntityManager, type QueryDeepPartialEntity } from 'typeorm';
import { AuditService } from '../../auth/audit/audit.service.js';
import type { Principal } from '../../auth/principal.js';
import { Conflict, NotFound } from '../../common/errors.js';
import type { ExpectedVersion } from '../../common/expected-version.js';
import { once, type IdempotentRequest } from '../../http/idempotency/idempotency.js';
import { changeOf, lockedRow, nameTaken } from '../named-rows.js';
import { Conditions } from '../paging/conditions.js';
import { listPage, type ListOrder } from '../paging/list-page.js';
import type { Page, PageWish } from '../paging/page.js';
import { PlanChecks } from './plan-checks.service.js';
import { Plan } from './plan.entity.js';

export type PlanFields = Pick<Plan, 'description' | 'request' | 'parameters' | 'enabled'>;

const ORDER: ListOrder = { list: 'plans', direction: 'asc', keys: [{ column: 'p.name', type: 'text' }] };
const COLUMNS = `p.id, p.name, p.description, p.request, p.parameters, p.enabled, p.version,
  p.created_by as "createdBy", p.created_by_name as "createdByName", p.created_at as "createdAt",
  p.updated_at as "updatedAt"`;

/** Batch requests under a name. */
@Injectable()
export class PlansService {
  constructor(
    private readonly dataSource: DataSource,
    private readonly audit: AuditService,
    private readonly checks: PlanChecks,
  ) {}

  list(enabled: boolean | undefined, wish: PageWish): Promise<Page<Plan>> {
    const where = new Conditions().addIf(enabled, (p) => `p.enabled = ${p}`);
    return listPage(this.dataSource, { order: ORDER, columns: COLUMNS, from: 'plans p', where, wish });
  }

  async get(name: string): Promise<Plan> {
    const plan = await this.dataSource.manager.findOneBy(Plan, { name });
    if (!plan) throw noPlan(name);
    return plan;
  }

  async create(
    principal: Principal,
    name: string,
    fields: PlanFields,
    repeat: IdempotentRequest | null,
  ): Promise<Plan> {
    await this.checks.assertStorable(this.dataSource, fields);
    await this.dataSource.transaction((tx) =>
      once(tx, repeat, async () => {
        const plan = tx.create(Plan, {
          name,
          ...fields,
          createdBy: principal.userId,
          createdByName: principal.username,
        });
        await tx.insert(Plan, plan as QueryDeepPartialEntity<Plan>).catch(nameTaken('plan', 'plans_name_key'));
        await this.audit.record(tx, principal, changeOf('plan', 'create', null, plan));
        return {};
      }),
    );
    return this.get(name);
  }

  async update(
    principal: Principal,
    name: string,
    expected: ExpectedVersion,
    fields: Partial<PlanFields>,
  ): Promise<Plan> {
    await this.dataSource.transaction(async (tx) => {
      const before = await lock(tx, name, expected);
      const after = tx.create(Plan, { ...before, ...fields });
      if (fields.request ?? fields.parameters) await this.checks.assertStorable(tx, after);
      const { description, request, parameters, enabled } = after;
      await tx.query(
        `update plans set description = $2, request = $3::jsonb, parameters = $4::jsonb, enabled = $5,
           version = version + 1, updated_at = now() where id = $1`,
        [before.id, description, JSON.stringify(request), JSON.stringify(parameters), enabled],
      );
      await this.audit.record(tx, principal, changeOf('plan', 'update', before, after));
    });
    return this.get(name);
  }

  /** With the tokens that could start it; not while a schedule or a hook does. */
  async remove(principal: Principal, name: string, expected: ExpectedVersion): Promise<void> {
    await this.dataSource.transaction(async (tx) => {
      const plan = await lock(tx, name, expected);
      const [user] = await tx.query<{ what: string }[]>(
        `select 'schedule ' || name as what from schedules where plan_id = $1
         union all select 'hook ' || name from hooks where plan_name = $2 limit 1`,
        [plan.id, name],
      );
      if (user) throw new Conflict(`The ${user.what} starts the plan ${name}.`, { code: 'in_use' });
      const tokens = await tx.query<{ id: number; preview: string }[]>(
        `with gone as (delete from tokens where plan = $1 returning id, key_preview)
         select id, key_preview as preview from gone order by id`,
        [name],
      );
      await this.audit.recordMany(
        tx,
        principal,
        tokens.map(({ id, preview }) => ({
          action: 'delete',
          objectType: 'token',
          objectId: id,
          objectRepr: `${preview}… for the plan ${name}`,
        })),
      );
      await tx.delete(Plan, plan.id);
      await this.audit.record(tx, principal, changeOf('plan', 'delete', plan, null));
    });
  }
}

function lock(tx: EntityManager, name: string, expected: ExpectedVersion): Promise<Plan> {
  return lockedRow(tx, Plan, { name }, expected, () => noPlan(name));
}

function noPlan(name: string): NotFound {
  return new NotFound(`There is no plan ${JSON.stringify(name.slice(0, 100))}.`);
}
