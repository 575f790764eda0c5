import { Column, Entity, Index, JoinColumn, ManyToOne, PrimaryColumn } from 'typeorm';
import { PinnedDesign } from './pinned-design.entity.js';
import { SiteTask } from './site-task.entity.js';

/** What a node that is being deployed may fetch, and with which key (spec drydock section 6.1). One per node. */
@Entity('drydock_boot_contexts')
@Index('drydock_boot_contexts_by_task', ['taskId'])
@Index('drydock_boot_contexts_by_design', ['designDigest'])
export class BootContext {
  /** Looked up as it is written, upper and lower case apart. */
  @PrimaryColumn({ name: 'node_name', type: 'text', primaryKeyConstraintName: 'drydock_boot_contexts_pkey' })
  nodeName: string;

  /** The `deploy_node` part: its design is rendered, and it gets the messages. */
  @Column({ name: 'task_id', type: 'uuid' })
  taskId: string;

  @ManyToOne(() => SiteTask, { onDelete: 'CASCADE' })
  @JoinColumn({ name: 'task_id', foreignKeyConstraintName: 'drydock_boot_contexts_task_id_fkey' })
  task?: SiteTask;

  /** SHA-256 of the key's 32 bytes, in hex. The key itself is nowhere. */
  @Column({ name: 'key_hash', type: 'text' })
  keyHash: string;

  @Column({ name: 'design_digest', type: 'text' })
  designDigest: string;

  @ManyToOne(() => PinnedDesign, { onDelete: 'NO ACTION' })
  @JoinColumn({ name: 'design_digest', foreignKeyConstraintName: 'drydock_boot_contexts_design_digest_fkey' })
  design?: PinnedDesign;

  @Column({ name: 'created_at', type: 'timestamptz', default: () => 'now()' })
  createdAt: Date;

  /** When the key was last handed over; null: nobody has it. */
  @Column({ name: 'issued_at', type: 'timestamptz', nullable: true })
  issuedAt: Date | null;

  /** The node was destroyed or is deployed anew: no key opens it. */
  @Column({ name: 'revoked_at', type: 'timestamptz', nullable: true })
  revokedAt: Date | null;
}
