import { Injectable } from '@nestjs/common';
import { InjectDataSource } from '@nestjs/typeorm';
import type { DataSource, EntityManager } from 'typeorm';
import { AuditService } from '../../auth/audit/audit.service.js';
import type { Principal } from '../../auth/principal.js';
import { NotFound } from '../../common/errors.js';
import { assertExpected, type ExpectedVersion } from '../../common/expected-version.js';
import { SecretBox } from '../../config/secret-box.js';
import { type IdempotentRequest, once } from '../../http/idempotency/idempotency.js';
import { changeOf, nameTaken } from '../named-rows.js';
import { Webhook } from './webhook.entity.js';

export interface WebhookWish {
  readonly name: string;
  readonly url: string;
  /** In clear, as `whsec_…`; it is stored encrypted and never shown. */
  readonly secret: string;
  readonly types: readonly string[];
  readonly dialects: readonly string[];
  readonly enabled: boolean;
}

/** How long the secret before signs as well, so that a receiver has time to learn the new one. */
const BOTH_SECRETS_MS = 24 * 3_600_000;

/** Makes, changes and deletes webhooks. */
@Injectable()
export class WebhooksService {
  constructor(
    @InjectDataSource() private readonly dataSource: DataSource,
    private readonly secrets: SecretBox,
    private readonly audit: AuditService,
  ) {}

  async get(id: number): Promise<Webhook> {
    const hook = await this.dataSource.manager.findOneBy(Webhook, { id });
    if (!hook) throw notFound(id);
    return hook;
  }

  /** It is told of what happens from now on. */
  create(principal: Principal, wish: WebhookWish, repeat: IdempotentRequest | null): Promise<Webhook> {
    const done = this.dataSource.transaction(async (tx) => {
      const { id } = await once(tx, repeat, () => this.insert(tx, principal, wish));
      return tx.findOneByOrFail(Webhook, { id });
    });
    return done.catch(nameTaken('webhook', 'webhooks_name_key'));
  }

  change(principal: Principal, id: number, wish: Partial<WebhookWish>, expected: ExpectedVersion): Promise<Webhook> {
    const done = this.dataSource.transaction(async (tx) => {
      const before = await locked(tx, id, expected);
      const { secret, types, dialects, ...plain } = wish;
      const after = tx.create(Webhook, {
        ...before,
        ...plain,
        ...(types && { types: [...types] }),
        ...(dialects && { dialects: [...dialects] }),
        ...(secret !== undefined && this.newSecret(before, secret)),
        ...(wish.enabled === true && { disabledReason: null }),
        version: before.version + 1,
        updatedAt: new Date(),
      });
      await tx.save(after);
      await this.audit.record(tx, principal, changeOf('webhook', 'update', before, after, audited));
      return after;
    });
    return done.catch(nameTaken('webhook', 'webhooks_name_key'));
  }

  delete(principal: Principal, id: number, expected: ExpectedVersion): Promise<void> {
    return this.dataSource.transaction(async (tx) => {
      const hook = await locked(tx, id, expected);
      await tx.delete(Webhook, { id });
      await this.audit.record(tx, principal, changeOf('webhook', 'delete', hook, null, audited));
    });
  }

  private async insert(tx: EntityManager, principal: Principal, wish: WebhookWish): Promise<{ id: number }> {
    const { secret, types, dialects, ...plain } = wish;
    const [latest] = await tx.query<{ seq: string }[]>('select coalesce(max(seq), 0)::text as seq from events');
    const hook = await tx.save(
      tx.create(Webhook, {
        ...plain,
        types: [...types],
        dialects: [...dialects],
        secretEncrypted: this.secrets.encrypt(secret),
        plannedSeq: latest!.seq,
        createdByName: principal.username,
      }),
    );
    await this.audit.record(tx, principal, changeOf('webhook', 'create', null, hook, audited));
    return { id: hook.id };
  }

  private newSecret(before: Webhook, secret: string): Partial<Webhook> {
    return {
      secretEncrypted: this.secrets.encrypt(secret),
      previousSecretEncrypted: before.secretEncrypted,
      previousSecretUntil: new Date(Date.now() + BOTH_SECRETS_MS),
    };
  }
}

async function locked(tx: EntityManager, id: number, expected: ExpectedVersion): Promise<Webhook> {
  const hook = await tx.findOne(Webhook, { where: { id }, lock: { mode: 'pessimistic_write' } });
  if (!hook) throw notFound(id);
  assertExpected(expected, hook.version);
  return hook;
}

/** The path of a receiver's address is often the secret that lets one in: the trail says where, not the whole address. */
function audited({ name, url, types, dialects, enabled, secretEncrypted }: Webhook): object {
  const { origin } = new URL(url);
  return { name, origin, path_secret: url.slice(origin.length), types, dialects, enabled, secretEncrypted };
}

function notFound(id: number): NotFound {
  return new NotFound(`No webhook has the id ${id}.`);
}
