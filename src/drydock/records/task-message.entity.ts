import { Column, Entity, Index, JoinColumn, ManyToOne, PrimaryGeneratedColumn } from 'typeorm';
import { SiteTask } from './site-task.entity.js';

/** A line of a task's `result.details.messageList`; their order is that of the ids. */
@Entity('drydock_messages')
@Index('drydock_messages_by_task', ['taskId', 'id'])
export class TaskMessage {
  @PrimaryGeneratedColumn('identity', {
    type: 'bigint',
    generatedIdentity: 'BY DEFAULT',
    primaryKeyConstraintName: 'drydock_messages_pkey',
  })
  id: string;

  @Column({ name: 'task_id', type: 'uuid' })
  taskId: string;

  @ManyToOne(() => SiteTask, { onDelete: 'CASCADE' })
  @JoinColumn({ name: 'task_id', foreignKeyConstraintName: 'drydock_messages_task_id_fkey' })
  task?: SiteTask;

  @Column({ type: 'text' })
  message: string;

  @Column({ type: 'boolean' })
  error: boolean;

  @Column({ name: 'context_type', type: 'text' })
  contextType: string;

  @Column({ type: 'text' })
  context: string;

  @Column({ type: 'timestamptz', default: () => 'now()' })
  at: Date;

  @Column({ type: 'jsonb', default: {} })
  extra: Record<string, unknown>;
}
