import { Injectable, Logger } from '@nestjs/common';
import { InjectDataSource } from '@nestjs/typeorm';
import type { DataSource } from 'typeorm';
import { AuditService } from '../../auth/audit/audit.service.js';
import { SYSTEM_PRINCIPAL } from '../../auth/principal.js';
import { SecretBox } from '../../config/secret-box.js';
import type { Receiver } from './webhook-caller.js';
import { Webhook } from './webhook.entity.js';

/** A webhook as the sender needs it, its secrets in clear. Never leaves the process. */
export interface ReceiverRow extends Receiver {
  readonly types: readonly string[];
  readonly dialects: readonly string[];
}

/** The webhooks as they are sent to. */
@Injectable()
export class WebhookReceiversService {
  private readonly logger = new Logger(WebhookReceiversService.name);

  constructor(
    @InjectDataSource() private readonly dataSource: DataSource,
    private readonly secrets: SecretBox,
    private readonly audit: AuditService,
  ) {}

  /** Null: deleted or disabled meanwhile. */
  async find(id: number): Promise<ReceiverRow | null> {
    const hook = await this.dataSource.manager.findOneBy(Webhook, { id, enabled: true });
    if (!hook) return null;
    const { url, types, dialects, previousSecretUntil } = hook;
    const isPreviousGood = previousSecretUntil !== null && previousSecretUntil > new Date();
    const sealed = [hook.secretEncrypted, isPreviousGood ? hook.previousSecretEncrypted : null];
    const secrets = sealed.filter((each) => each !== null).map((each) => this.secrets.decrypt(each));
    return { url, types, dialects, secrets };
  }

  /** By Slipway itself, with a reason for whoever wonders. What it missed is kept for the day it is enabled again. */
  async disable(id: number, reason: string): Promise<void> {
    await this.dataSource.transaction(async (tx) => {
      const hook = await tx.findOne(Webhook, { where: { id, enabled: true }, lock: { mode: 'pessimistic_write' } });
      if (!hook) return;
      await tx.update(Webhook, { id }, { enabled: false, disabledReason: reason, version: hook.version + 1 });
      await this.audit.record(tx, SYSTEM_PRINCIPAL, {
        action: 'webhook.disable',
        objectType: 'webhook',
        objectId: id,
        objectRepr: hook.name,
        before: { enabled: true },
        after: { enabled: false, reason },
      });
      this.logger.warn(`webhook ${id} is disabled: ${reason}`);
    });
  }
}
