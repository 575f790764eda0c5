import { Injectable } from '@nestjs/common';
import { InjectDataSource } from '@nestjs/typeorm';
import type { DataSource } from 'typeorm';
import { AuditService } from '../../auth/audit/audit.service.js';
import type { Principal } from '../../auth/principal.js';
import { type IdempotentRequest, once } from '../../http/idempotency/idempotency.js';
import { DeadLettersService } from './dead-letters.service.js';
import { WebhooksService } from './webhooks.service.js';

/** Somebody wants dead letters tried again. */
@Injectable()
export class RedeliveriesService {
  constructor(
    @InjectDataSource() private readonly dataSource: DataSource,
    private readonly webhooks: WebhooksService,
    private readonly letters: DeadLettersService,
    private readonly audit: AuditService,
  ) {}

  async redeliver(
    principal: Principal,
    webhookId: number,
    ids: readonly string[] | null,
    repeat: IdempotentRequest | null,
  ): Promise<{ redelivering: number }> {
    const { name } = await this.webhooks.get(webhookId);
    return this.dataSource.transaction((tx) =>
      once(tx, repeat, async () => {
        const redelivering = await this.letters.redeliver(tx, webhookId, ids);
        const after = { redelivering, which: ids === null ? 'all' : ids.slice(0, 100) };
        const what = { objectType: 'webhook', objectId: webhookId, objectRepr: name };
        await this.audit.record(tx, principal, { action: 'webhook.redeliver', ...what, after });
        return { redelivering };
      }),
    );
  }
}
