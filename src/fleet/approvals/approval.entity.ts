import { Column, Entity, Index, PrimaryGeneratedColumn } from 'typeorm';

/** One person's word that a batch may run exactly as it is. It counts while the batch still has the digest it was given for. */
@Entity('approvals')
@Index('approvals_one_per_person', ['batchId', 'approver'], { unique: true, where: 'revoked_at is null' })
@Index('approvals_by_batch', ['batchId', 'id'])
export class Approval {
  @PrimaryGeneratedColumn('identity', {
    type: 'integer',
    generatedIdentity: 'BY DEFAULT',
    primaryKeyConstraintName: 'approvals_pkey',
  })
  id: number;

  @Column({ name: 'batch_id', type: 'uuid' })
  batchId: string;

  /** `ownerKeyOf` of who approved: one word for each person, wherever users are kept. */
  @Column({ type: 'text' })
  approver: string;

  @Column({ name: 'approver_name', type: 'text' })
  approverName: string;

  /** SHA-256 of the batch's targets, versions, gates and calendar when it was approved. */
  @Column({ type: 'text' })
  digest: string;

  @Column({ type: 'text', default: '' })
  comment: string;

  @Column({ type: 'timestamptz', default: () => 'now()' })
  at: Date;

  @Column({ name: 'expires_at', type: 'timestamptz', nullable: true })
  expiresAt: Date | null;

  @Column({ name: 'revoked_at', type: 'timestamptz', nullable: true })
  revokedAt: Date | null;
}
