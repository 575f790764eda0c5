import type { Notification, NotificationStatus, NotificationTopic } from '../notification.entity.js';

export interface NotificationView {
  readonly id: number;
  readonly cluster: number | null;
  readonly topic: NotificationTopic;
  readonly message: string;
  readonly status: NotificationStatus;
  readonly node_id: number | null;
  readonly task_id: number | null;
  /** `HH:MM:SS` and `DD-MM-YYYY`, UTC. */
  readonly time: string;
  readonly date: string;
}

export function toNotificationView(notification: Notification): NotificationView {
  const [year, month, day] = notification.createdAt.toISOString().slice(0, 10).split('-');
  return {
    id: notification.id,
    cluster: notification.clusterId,
    topic: notification.topic,
    message: notification.message,
    status: notification.status,
    node_id: notification.nodeId,
    task_id: notification.taskId,
    time: notification.createdAt.toISOString().slice(11, 19),
    date: `${day}-${month}-${year}`,
  };
}
