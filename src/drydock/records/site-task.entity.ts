import { Column, Entity, Index, JoinColumn, ManyToOne, PrimaryColumn } from 'typeorm';
import { PinnedDesign } from './pinned-design.entity.js';

export type SiteTaskStatus = 'requested' | 'queued' | 'running' | 'terminating' | 'terminated' | 'complete';
export type ResultStatus = 'incomplete' | 'success' | 'partial_success' | 'failure';

export interface ResultLink {
  readonly rel: string;
  readonly href: string;
}

/** What somebody asked for (a root), or a part of it (spec drydock section 4.2). */
@Entity('drydock_tasks')
@Index('drydock_tasks_by_parent', ['parentId', 'ordinal'], { where: 'parent_id is not null' })
@Index('drydock_tasks_by_root', ['rootId', 'ordinal'])
@Index('drydock_tasks_by_batch', ['batchId'], { where: 'batch_id is not null' })
@Index('drydock_tasks_by_design', ['designDigest'], { where: 'design_digest is not null' })
export class SiteTask {
  @PrimaryColumn({ type: 'uuid', primaryKeyConstraintName: 'drydock_tasks_pkey' })
  id: string;

  @Column({ type: 'text' })
  action: string;

  @Column({ name: 'parent_id', type: 'uuid', nullable: true })
  parentId: string | null;

  @ManyToOne(() => SiteTask, { onDelete: 'CASCADE' })
  @JoinColumn({ name: 'parent_id', foreignKeyConstraintName: 'drydock_tasks_parent_id_fkey' })
  parent?: SiteTask;

  /** A root's own id for a root. */
  @Column({ name: 'root_id', type: 'uuid' })
  rootId: string;

  /** Without the password that may stand in it. */
  @Column({ name: 'design_ref', type: 'text' })
  designRef: string;

  /** Encrypted: the root's reference with its password; null where it has none. */
  @Column({ name: 'sealed_ref', type: 'text', nullable: true })
  sealedRef: string | null;

  /** What the reference led to when the root was started; the parts work from the same. */
  @Column({ name: 'design_digest', type: 'text', nullable: true })
  designDigest: string | null;

  @ManyToOne(() => PinnedDesign, { onDelete: 'NO ACTION' })
  @JoinColumn({ name: 'design_digest', foreignKeyConstraintName: 'drydock_tasks_design_digest_fkey' })
  design?: PinnedDesign | null;

  @Column({ name: 'node_filter', type: 'jsonb', nullable: true })
  nodeFilter: Record<string, unknown> | null;

  /** The nodes a part was made for. */
  @Column({ name: 'node_names', type: 'text', array: true, default: [] })
  nodeNames: string[];

  @Column({ type: 'text' })
  status: SiteTaskStatus;

  @Column({ name: 'result_status', type: 'text', default: 'incomplete' })
  resultStatus: ResultStatus;

  @Column({ name: 'result_message', type: 'text', nullable: true })
  resultMessage: string | null;

  @Column({ name: 'result_reason', type: 'text', nullable: true })
  resultReason: string | null;

  @Column({ type: 'text', array: true, default: [] })
  successes: string[];

  @Column({ type: 'text', array: true, default: [] })
  failures: string[];

  @Column({ type: 'jsonb', default: [] })
  links: ResultLink[];

  /** Counts the attempts of its parent at the same action; 0 is the first. */
  @Column({ type: 'integer', default: 0 })
  retry: number;

  /** The order in which one root's tasks were made. */
  @Column({ type: 'integer', default: 0 })
  ordinal: number;

  @Column({ name: 'batch_id', type: 'uuid', nullable: true })
  batchId: string | null;

  @Column({ name: 'created_at', type: 'timestamptz', default: () => 'now()' })
  createdAt: Date;

  @Column({ name: 'created_by', type: 'text', nullable: true })
  createdBy: string | null;

  @Column({ name: 'updated_at', type: 'timestamptz', nullable: true })
  updatedAt: Date | null;

  @Column({ type: 'boolean', default: false })
  terminate: boolean;

  @Column({ name: 'terminated_at', type: 'timestamptz', nullable: true })
  terminatedAt: Date | null;

  @Column({ name: 'terminated_by', type: 'text', nullable: true })
  terminatedBy: string | null;
}
