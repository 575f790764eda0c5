import { randomUUID } from 'node:crypto';
import { Injectable } from '@nestjs/common';
import { InjectDataSource } from '@nestjs/typeorm';
import type { DataSource, EntityManager } from 'typeorm';
import { AuditService } from '../../auth/audit/audit.service.js';
import type { Principal } from '../../auth/principal.js';
import { NotFound, Unprocessable } from '../../common/errors.js';
import type { ExpectedVersion } from '../../common/expected-version.js';
import { SecretBox } from '../../config/secret-box.js';
import { type IdempotentRequest, once } from '../../http/idempotency/idempotency.js';
import { changeOf, lockedRow, nameTaken } from '../named-rows.js';
import { Conditions } from '../paging/conditions.js';
import { listPage, type ListOrder } from '../paging/list-page.js';
import type { Page, PageWish } from '../paging/page.js';
import { PlanSecrets } from '../plans/plan-secrets.service.js';
import { Plan } from '../plans/plan.entity.js';
import type { HookCall } from './hook-call.entity.js';
import type { HookMapping } from './hook-mapping.js';
import { fitsKind } from './hook-signature.js';
import { Hook, type HookKind } from './hook.entity.js';

export interface HookWish {
  readonly name: string;
  readonly kind: HookKind;
  /** In clear; it is stored encrypted and never shown. */
  readonly secret: string;
  readonly planName: string;
  readonly mapping: HookMapping;
  readonly enabled: boolean;
}

const HOOKS: ListOrder = { list: 'hooks', direction: 'asc', keys: [{ column: 'h.name', type: 'text' }] };
const CALLS: ListOrder = { list: 'hook calls', direction: 'desc', keys: [{ column: 'c.id', type: 'bigint' }] };
const HOOK_COLUMNS = `h.id, h.name, h.kind, h.plan_name as "planName", h.mapping, h.enabled, h.owner_name as "ownerName",
  h.version, h.created_at as "createdAt", h.updated_at as "updatedAt"`;
const CALL_COLUMNS = 'c.id::text as id, c.outcome, c.reason, c.batch_id as "batchId", c.at';

/** Makes, changes and deletes incoming hooks. Whoever does owns it: it starts its plan under their rights. */
@Injectable()
export class HooksService {
  constructor(
    @InjectDataSource() private readonly dataSource: DataSource,
    private readonly secrets: SecretBox,
    private readonly audit: AuditService,
    private readonly planSecrets: PlanSecrets,
  ) {}

  list(wish: PageWish): Promise<Page<Hook>> {
    const where = new Conditions();
    return listPage(this.dataSource, { order: HOOKS, columns: HOOK_COLUMNS, from: 'hooks h', where, wish });
  }

  async calls(id: string, wish: PageWish): Promise<Page<HookCall>> {
    await this.get(id);
    const where = new Conditions().add((p) => `c.hook_id = ${p(id)}::uuid`);
    return listPage(this.dataSource, { order: CALLS, columns: CALL_COLUMNS, from: 'hook_calls c', where, wish });
  }

  async get(id: string): Promise<Hook> {
    const hook = await this.dataSource.manager.findOneBy(Hook, { id });
    if (!hook) throw notFound(id);
    return hook;
  }

  create(principal: Principal, wish: HookWish, repeat: IdempotentRequest | null): Promise<Hook> {
    const done = this.dataSource.transaction(async (tx) => {
      const { id } = await once(tx, repeat, async () => {
        const { secret, ...plain } = wish;
        assertSecret(wish.kind, secret);
        await this.assertPlan(tx, wish);
        const sealed = { secretEncrypted: this.secrets.encrypt(secret), ...ownerOf(principal) };
        const hook = await tx.save(tx.create(Hook, { id: randomUUID(), ...plain, ...sealed }));
        await this.audit.record(tx, principal, changeOf('hook', 'create', null, hook, audited));
        return { id: hook.id };
      });
      return tx.findOneByOrFail(Hook, { id });
    });
    return done.catch(nameTaken('hook', 'hooks_name_key'));
  }

  change(principal: Principal, id: string, wish: Partial<HookWish>, expected: ExpectedVersion): Promise<Hook> {
    const done = this.dataSource.transaction(async (tx) => {
      const before = await locked(tx, id, expected);
      const { secret, ...plain } = wish;
      if (secret !== undefined) assertSecret(before.kind, secret);
      const after = tx.create(Hook, {
        ...before,
        ...plain,
        ...(secret !== undefined && { secretEncrypted: this.secrets.encrypt(secret) }),
        ...ownerOf(principal),
        version: before.version + 1,
        updatedAt: new Date(),
      });
      if (plain.planName !== undefined || plain.mapping !== undefined) await this.assertPlan(tx, after);
      await tx.save(after);
      await this.audit.record(tx, principal, changeOf('hook', 'update', before, after, audited));
      return after;
    });
    return done.catch(nameTaken('hook', 'hooks_name_key'));
  }

  delete(principal: Principal, id: string, expected: ExpectedVersion): Promise<void> {
    return this.dataSource.transaction(async (tx) => {
      const hook = await locked(tx, id, expected);
      await tx.delete(Hook, { id });
      await this.audit.record(tx, principal, changeOf('hook', 'delete', hook, null, audited));
    });
  }

  /** Whoever may look at a hook sees its mapping: it says no secret for the plan. */
  private async assertPlan(
    tx: EntityManager,
    { planName, mapping }: Pick<Hook, 'planName' | 'mapping'>,
  ): Promise<void> {
    const plan = await tx.findOneBy(Plan, { name: planName });
    if (!plan) throw new Unprocessable(`There is no plan ${JSON.stringify(planName)}.`, { code: 'unknown_plan' });
    const constants = Object.entries(mapping.parameters).map(([name, said]) => [name, said.value ?? said.fallback]);
    const told = constants.filter(([, value]) => value !== undefined);
    await this.planSecrets.refuse(tx, plan, Object.fromEntries(told) as Record<string, unknown>);
  }
}

function locked(tx: EntityManager, id: string, expected: ExpectedVersion): Promise<Hook> {
  return lockedRow(tx, Hook, { id }, expected, () => notFound(id));
}

/** Somebody who is kept elsewhere has no rights here while they are not asking. */
function ownerOf({ userId, username }: Principal): Pick<Hook, 'ownerId' | 'ownerName'> {
  if (userId !== null) return { ownerId: userId, ownerName: username };
  throw new Unprocessable('Only a user of Slipway itself can own a hook: it starts batches under their rights.', {
    code: 'owner_may_not',
  });
}

function assertSecret(kind: HookKind, secret: string): void {
  if (fitsKind(kind, secret)) return;
  const what = kind === 'standard' ? 'whsec_ and 24 to 64 bytes in base64' : 'at least 16 characters';
  throw new Unprocessable(`The secret of a hook of the kind ${kind} has to be ${what}.`, { code: 'unfit_secret' });
}

function audited({ name, kind, planName, mapping, enabled, secretEncrypted }: Hook): object {
  return { name, kind, planName, mapping, enabled, secretEncrypted };
}

function notFound(id: string): NotFound {
  return new NotFound(`No hook has the id ${id}.`);
}
