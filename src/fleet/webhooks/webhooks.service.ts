import { Injectable } from '@nestjs/common';
import { InjectDataSource } from '@nestjs/typeorm';
import type { DataSource, EntityManager } from 'typeorm';
import { AuditService } from '../../auth/audit/audit.service.js';
import type { Principal } from '../../auth/principal.js';
import { NotFound } from '../../common/errors.js';
import type { ExpectedVersion } from '../../common/expected-version.js';
import { invalidFields } from '../../common/fields/read-fields.js';
import { SecretBox } from '../../config/secret-box.js';
import { type IdempotentRequest, once } from '../../http/idempotency/idempotency.js';
import { TargetKinds } from '../../orchestration/targets/target-kinds.js';
import { changeOf, lockedRow, nameTaken } from '../named-rows.js';
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
    private readonly kinds: TargetKinds,
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
      this.assertDialects(dialects ?? []);
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

  /** A misspelt one would never be told anything, and nobody would see why. */
  private assertDialects(asked: readonly string[]): void {
    const known = this.kinds.dialects();
    const wrong = asked.findIndex((dialect) => !known.includes(dialect));
    if (wrong < 0) return;
    throw invalidFields([{ pointer: `/dialects/${wrong}`, detail: `must be one of ${known.join(', ')}` }]);
  }

  private async insert(tx: EntityManager, principal: Principal, wish: WebhookWish): Promise<{ id: number }> {
    const { secret, types, dialects, ...plain } = wish;
    this.assertDialects(dialects);
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

function locked(tx: EntityManager, id: number, expected: ExpectedVersion): Promise<Webhook> {
  return lockedRow(tx, Webhook, { id }, expected, () => notFound(id));
}

/** The path of a receiver's address is often the secret that lets one in: the trail says where, not the whole address. */
function audited({ name, url, types, dialects, enabled, secretEncrypted }: Webhook): object {
  const { origin } = new URL(url);
  return { name, origin, path_secret: url.slice(origin.length), types, dialects, enabled, secretEncrypted };
}

function notFound(id: number): NotFound {
  return new NotFound(`No webhook has the id ${id}.`);
}
