import { Injectable } from '@nestjs/common';
import { DataSource, type EntityManager } from 'typeorm';
import { AuditService } from '../../auth/audit/audit.service.js';
import { ownerKeyOf, type Principal } from '../../auth/principal.js';
import { Conflict, NotFound, Refused } from '../../common/errors.js';
import { assertExpected, type ExpectedVersion } from '../../common/expected-version.js';
import { once, type IdempotentRequest } from '../../http/idempotency/idempotency.js';
import { type ApprovalCheck, ApprovalChecks } from '../../orchestration/approval-checks.js';
import { BatchControlService } from '../../orchestration/batch-control.service.js';
import { Batch } from '../../orchestration/batch.entity.js';
import type { ApprovalNeed } from '../../orchestration/batch-steering.js';
import { type BatchRule, BatchRules } from '../batches/batch-rules.js';
import { ApprovalDigest } from './approval-digest.service.js';
import { Approval } from './approval.entity.js';
import { countOf, validityOf, type Validity } from './counted.js';

/** Who decides about which batch, and what they saw of it. */
export interface ApprovalWish {
  readonly batchId: string;
  readonly principal: Principal;
  readonly expected: ExpectedVersion | undefined;
  readonly repeat: IdempotentRequest | null;
}

export interface CountedApproval extends Approval {
  readonly validity: Validity;
}

/** Where a batch stands: `digest` is what it is now, and what a yes is given to. */
export interface ApprovalState {
  readonly batchId: string;
  readonly version: number;
  readonly needed: number;
  readonly given: number;
  readonly digest: string;
  readonly expiresAt: string | null;
  readonly approvedAt: Date | null;
  readonly approvals: readonly CountedApproval[];
}

type ApprovableBatch = Batch & { readonly approval: ApprovalNeed };

/** N of M people, not who asked for it, each for exactly what the batch is: any change makes their yes void. */
@Injectable()
export class ApprovalsService implements ApprovalCheck, BatchRule {
  constructor(
    private readonly dataSource: DataSource,
    private readonly digests: ApprovalDigest,
    private readonly control: BatchControlService,
    private readonly audit: AuditService,
    checks: ApprovalChecks,
    rules: BatchRules,
  ) {
    checks.register(this);
    rules.register(this);
  }

  async opened(tx: EntityManager, batchId: string): Promise<void> {
    const batch = await tx.findOneBy(Batch, { id: batchId });
    if (batch?.approval) await noteDigest(tx, batchId, await this.digests.of(tx, batch));
  }

  /** Asked immediately before the batch begins: is what was approved still what would be done? */
  async voidBecause(tx: EntityManager, batch: Batch): Promise<string | null> {
    // One that is not approved opens nothing but the waves of jobs that were all cancelled: its way to its end.
    if (batch.approval === null || batch.approvedAt === null) return null;
    const digest = await this.digests.of(tx, batch);
    const approvals = await approvalsOf(tx, batch.id);
    if (countOf(approvals, digest, new Date()) >= batch.approval.needed) return null;
    await noteDigest(tx, batch.id, digest);
    const stale = approvals.some((approval) => validityOf(approval, digest, new Date()) === 'void');
    return stale
      ? 'what was approved has changed since: its targets, their versions, its gates or its calendar'
      : 'its approvals have run out or were taken back';
  }

  async state(batchId: string): Promise<ApprovalState> {
    const batch = approvable(await this.dataSource.manager.findOneBy(Batch, { id: batchId }), batchId);
    return this.stateOf(this.dataSource.manager, batch);
  }

  /** `digest`: what they saw; one that it is not any more is refused, without one it is what it is now. */
  approve(wish: ApprovalWish, { digest, comment }: { digest?: string; comment: string }): Promise<void> {
    return this.decide(wish, 'approve', async (tx, batch) => {
      const { principal } = wish;
      assertMayApprove(principal, batch);
      const current = await this.digests.of(tx, batch);
      if (digest !== undefined && digest !== current) {
        throw new Conflict('It is not what you saw any more: look again and decide again.', {
          code: 'digest_changed',
          digest: current,
        });
      }
      const approver = ownerKeyOf(principal);
      await takeBack(tx, batch.id, approver);
      await tx.insert(Approval, {
        batchId: batch.id,
        approver,
        approverName: principal.username,
        digest: current,
        comment,
        expiresAt: batch.approval.expiresAt === null ? null : new Date(batch.approval.expiresAt),
        revokedAt: null,
      });
      await noteDigest(tx, batch.id, current);
      const given = countOf(await approvalsOf(tx, batch.id), current, new Date());
      if (given >= batch.approval.needed) {
        await this.control.approve(tx, { id: batch.id, by: principal.username });
        // Why an earlier approval was void is no reason of a batch that goes on.
        await tx.query('update batches set reason = null where id = $1', [batch.id]);
      } else await tx.query('update batches set version = version + 1 where id = $1', [batch.id]);
      return { digest: current, given, needed: batch.approval.needed };
    });
  }

  /** Their own yes, as long as the batch has not begun. */
  revoke(wish: ApprovalWish): Promise<void> {
    return this.decide(wish, 'revoke_approval', async (tx, batch) => {
      if (!(await takeBack(tx, batch.id, ownerKeyOf(wish.principal)))) {
        throw new NotFound('You have not approved this batch.', { code: 'no_approval' });
      }
      const given = countOf(await approvalsOf(tx, batch.id), batch.approval.digest, new Date());
      const steering = { id: batch.id, by: wish.principal.username };
      if (given < batch.approval.needed && batch.approvedAt !== null) await this.control.unapprove(tx, steering);
      else await tx.query('update batches set version = version + 1 where id = $1', [batch.id]);
      return { given, needed: batch.approval.needed };
    });
  }

  private async decide(
    { batchId, principal, expected, repeat }: ApprovalWish,
    verb: string,
    act: (tx: EntityManager, batch: ApprovableBatch) => Promise<object>,
  ): Promise<void> {
    await this.dataSource.transaction((tx) =>
      once(tx, repeat, async () => {
        // The batch's row first, so that the last two to say yes see one another.
        const found = await tx.findOne(Batch, { where: { id: batchId }, lock: { mode: 'pessimistic_write' } });
        const batch = approvable(found, batchId);
        assertExpected(expected, batch.version);
        if (batch.status !== 'scheduled' && batch.status !== 'running') {
          throw new Conflict('The batch has ended.', { code: 'batch_ended' });
        }
        const after = await act(tx, batch);
        await this.audit.record(tx, principal, {
          action: `batch.${verb}`,
          objectType: 'batch',
          objectId: batchId,
          objectRepr: batch.name ?? batchId,
          after,
        });
        return {};
      }),
    );
  }

  private async stateOf(tx: EntityManager, batch: ApprovableBatch): Promise<ApprovalState> {
    const now = new Date();
    // Once it has begun, what it was approved for is what counts: its own work changes its targets' versions.
    const begun = await hasBegun(tx, batch.id);
    const digest = begun ? batch.approval.digest : await this.digests.of(tx, batch);
    const approvals = await approvalsOf(tx, batch.id);
    return {
      batchId: batch.id,
      version: batch.version,
      needed: batch.approval.needed,
      given: countOf(approvals, digest, now),
      digest,
      expiresAt: batch.approval.expiresAt,
      approvedAt: batch.approvedAt,
      approvals: approvals.map((approval) => ({ ...approval, validity: validityOf(approval, digest, now) })),
    };
  }
}

function approvable(batch: Batch | null, id: string): ApprovableBatch {
  if (!batch) throw new NotFound(`No batch has the id "${id}".`);
  if (batch.approval === null) throw new Conflict('The batch needs no approval.', { code: 'needs_no_approval' });
  return batch as ApprovableBatch;
}

function assertMayApprove(principal: Principal, batch: ApprovableBatch): void {
  const isOwn =
    principal.userId === null ? principal.username === batch.createdByName : principal.userId === batch.createdBy;
  if (isOwn) throw new Refused('Somebody else than who asked for it has to approve it.', { code: 'own_batch' });
  const { expiresAt } = batch.approval;
  if (expiresAt !== null && new Date(expiresAt) <= new Date()) {
    throw new Conflict(`The time to approve it ended at ${expiresAt}.`, { code: 'approval_expired' });
  }
}

async function hasBegun(tx: EntityManager, batchId: string): Promise<boolean> {
  const rows = await tx.query<unknown[]>(`select 1 from waves where batch_id = $1 and status <> 'pending' limit 1`, [
    batchId,
  ]);
  return rows.length > 0;
}

function approvalsOf(tx: EntityManager, batchId: string): Promise<Approval[]> {
  return tx.find(Approval, { where: { batchId }, order: { id: 'asc' } });
}

async function takeBack(tx: EntityManager, batchId: string, approver: string): Promise<boolean> {
  const rows = await tx.query<unknown[]>(
    `with revoked as (
       update approvals set revoked_at = now() where batch_id = $1 and approver = $2 and revoked_at is null returning 1)
     select 1 from revoked`,
    [batchId, approver],
  );
  return rows.length > 0;
}

async function noteDigest(tx: EntityManager, batchId: string, digest: string): Promise<void> {
  await tx.query(`update batches set approval = jsonb_set(approval, '{digest}', to_jsonb($2::text)) where id = $1`, [
    batchId,
    digest,
  ]);
}
