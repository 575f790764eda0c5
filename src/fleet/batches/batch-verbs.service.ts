import { Injectable } from '@nestjs/common';
import { DataSource, type EntityManager } from 'typeorm';
import { AuditService } from '../../auth/audit/audit.service.js';
import type { Principal } from '../../auth/principal.js';
import type { ExpectedVersion } from '../../common/expected-version.js';
import { once, type IdempotentRequest } from '../../http/idempotency/idempotency.js';
import { BatchControlService, type CheckReport, type Steering } from '../../orchestration/batch-control.service.js';
import { BatchRetriesService, type RetriedTargets } from '../../orchestration/batch-retries.service.js';
import { BatchRules } from './batch-rules.js';

/** Who asks for what to be done to which batch, and how. */
export interface Asked {
  readonly id: string;
  readonly principal: Principal;
  readonly expected: ExpectedVersion | undefined;
  readonly repeat: IdempotentRequest | null;
}

/** What people do to a batch: each verb is one transaction with its record, done once however often it is sent. */
@Injectable()
export class BatchVerbs {
  constructor(
    private readonly dataSource: DataSource,
    private readonly control: BatchControlService,
    private readonly retries: BatchRetriesService,
    private readonly rules: BatchRules,
    private readonly audit: AuditService,
  ) {}

  pause(asked: Asked, reason: string | null): Promise<void> {
    return this.act(asked, 'pause', async (tx, steering) => {
      await this.control.pause(tx, steering, reason);
      return { reason };
    });
  }

  resume(asked: Asked, overrideGate: boolean): Promise<void> {
    return this.act(asked, 'resume', async (tx, steering) => {
      await this.control.resume(tx, steering, { overrideGate });
      return { overrideGate };
    });
  }

  abort(asked: Asked): Promise<void> {
    return this.act(asked, 'abort', async (tx, steering) => {
      const { cancelled, aborting } = await this.control.abort(tx, steering);
      return { cancelled: cancelled.length, aborting: aborting.length };
    });
  }

  cancel(asked: Asked): Promise<void> {
    return this.act(asked, 'cancel', async (tx, steering) => {
      const { cancelled } = await this.control.cancel(tx, steering);
      return { cancelled: cancelled.length };
    });
  }

  reportCheck(asked: Asked, wave: number, report: CheckReport): Promise<void> {
    return this.act(asked, 'check', async (tx, steering) => {
      await this.control.reportCheck(tx, steering, wave, report);
      return { wave, ...report };
    });
  }

  /** The id of the new batch. */
  async retry(asked: Asked, targets: RetriedTargets): Promise<string> {
    const { principal, repeat } = asked;
    const { id } = await this.dataSource.transaction((tx) =>
      once(tx, repeat, async () => {
        const batch = await this.retries.retry(tx, steeringOf(asked), { targets, by: principal });
        await this.record(tx, asked, 'retry', { targets, batch: batch.id, jobs: batch.jobIds.length });
        await this.rules.opened(tx, batch.id);
        return { id: batch.id };
      }),
    );
    return id;
  }

  private async act(
    asked: Asked,
    verb: string,
    change: (tx: EntityManager, steering: Steering) => Promise<object>,
  ): Promise<void> {
    await this.dataSource.transaction((tx) =>
      once(tx, asked.repeat, async () => {
        const after = await change(tx, steeringOf(asked));
        await this.record(tx, asked, verb, after);
        return {};
      }),
    );
  }

  private record(tx: EntityManager, { id, principal }: Asked, verb: string, after: object): Promise<void> {
    return this.audit.record(tx, principal, {
      action: `batch.${verb}`,
      objectType: 'batch',
      objectId: id,
      objectRepr: `batch ${id}`,
      after,
    });
  }
}

function steeringOf({ id, principal, expected }: Asked): Steering {
  return { id, by: principal.username, ...(expected === undefined ? {} : { expected }) };
}
