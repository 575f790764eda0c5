import { Column, Entity, Index, JoinColumn, ManyToOne, PrimaryColumn } from 'typeorm';
import { SiteTask } from './site-task.entity.js';

/** `unreported`: the design says that it does not signal; it is final from the start. */
export type BootActionStatus = 'incomplete' | 'success' | 'failure' | 'unreported';

/** One boot action of one node in one deployment, and what the node said of it. */
@Entity('drydock_boot_actions')
@Index('drydock_boot_actions_by_node', ['nodeName', 'ordinal'])
@Index('drydock_boot_actions_by_task', ['taskId', 'nodeName', 'ordinal'])
export class BootActionRecord {
  /** A ULID, in upper case. */
  @PrimaryColumn({ name: 'action_id', type: 'text', primaryKeyConstraintName: 'drydock_boot_actions_pkey' })
  actionId: string;

  @Column({ name: 'node_name', type: 'text' })
  nodeName: string;

  @Column({ name: 'action_name', type: 'text' })
  actionName: string;

  /** The `deploy_node` part that made it. */
  @Column({ name: 'task_id', type: 'uuid' })
  taskId: string;

  @ManyToOne(() => SiteTask, { onDelete: 'CASCADE' })
  @JoinColumn({ name: 'task_id', foreignKeyConstraintName: 'drydock_boot_actions_task_id_fkey' })
  task?: SiteTask;

  /** Its place in the design. */
  @Column({ type: 'integer' })
  ordinal: number;

  /** As in its context, and kept when that is replaced: the old key then gets to know that it is too late (409). */
  @Column({ name: 'key_hash', type: 'text' })
  keyHash: string;

  @Column({ type: 'text' })
  status: BootActionStatus;

  /** The node was destroyed or deployed anew since. */
  @Column({ type: 'boolean', default: false })
  superseded: boolean;

  @Column({ name: 'created_at', type: 'timestamptz', default: () => 'now()' })
  createdAt: Date;

  @Column({ name: 'finished_at', type: 'timestamptz', nullable: true })
  finishedAt: Date | null;
}
