import { Column, Entity, Index, PrimaryGeneratedColumn } from 'typeorm';

export const NOTIFICATION_TOPICS = ['discover', 'done', 'error', 'warning', 'release'] as const;
export type NotificationTopic = (typeof NOTIFICATION_TOPICS)[number];
export const NOTIFICATION_STATUSES = ['unread', 'read'] as const;
export type NotificationStatus = (typeof NOTIFICATION_STATUSES)[number];

/** Something an operator should hear of (spec fuel section 2.5). It outlives what it speaks of: no foreign keys. */
@Entity('notifications')
@Index('notifications_by_time', ['createdAt'])
export class Notification {
  @PrimaryGeneratedColumn('identity', {
    type: 'integer',
    generatedIdentity: 'BY DEFAULT',
    primaryKeyConstraintName: 'notifications_pkey',
  })
  id: number;

  @Column({ name: 'cluster_id', type: 'integer', nullable: true })
  clusterId: number | null;

  @Column({ name: 'node_id', type: 'integer', nullable: true })
  nodeId: number | null;

  @Column({ name: 'task_id', type: 'integer', nullable: true })
  taskId: number | null;

  @Column({ type: 'text' })
  topic: NotificationTopic;

  @Column({ type: 'text' })
  message: string;

  @Column({ type: 'text', default: 'unread' })
  status: NotificationStatus;

  @Column({ name: 'created_at', type: 'timestamptz', default: () => 'now()' })
  createdAt: Date;
}
