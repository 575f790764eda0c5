import { Invalid } from '../../../common/errors.js';
import { type JsonObject, objectOf, readFields } from '../../fuel-body.js';
import { choice, Field, id, text } from '../../fuel-fields.js';
import { isId } from '../../fuel-id.pipe.js';
import {
  NOTIFICATION_STATUSES,
  NOTIFICATION_TOPICS,
  type NotificationStatus,
  type NotificationTopic,
} from '../notification.entity.js';
import type { NotificationWish, StatusChange } from '../notifications.service.js';

class NotificationBody {
  @Field(text(4000)) message?: string;
  @Field(id(), { nullable: true }) cluster?: number | null;
  @Field(id(), { nullable: true }) cluster_id?: number | null;
  @Field(id(), { nullable: true }) node_id?: number | null;
  @Field(id(), { nullable: true }) task_id?: number | null;
  @Field(choice(NOTIFICATION_STATUSES), { message: 'Bad status' }) status?: NotificationStatus;
}

export function toNotificationWish(given: JsonObject): NotificationWish {
  const body = readFields(NotificationBody, given);
  return {
    topic: topicOf(given['topic']),
    message: body.message ?? '',
    clusterId: body.cluster ?? body.cluster_id,
    nodeId: body.node_id,
    taskId: body.task_id,
    status: body.status,
  };
}

function topicOf(topic: unknown): NotificationTopic {
  const known = NOTIFICATION_TOPICS.find((each) => each === topic);
  if (known === undefined) throw new Invalid('Notification topic is not found or invalid');
  return known;
}

export function toStatus(given: JsonObject): NotificationStatus {
  const known = NOTIFICATION_STATUSES.find((each) => each === given['status']);
  if (known === undefined) throw new Invalid('Bad status');
  return known;
}

/** Clients send whole notifications back; only the status counts (spec fuel section 6). */
export function toStatusChanges(given: readonly unknown[]): StatusChange[] {
  return given.map((item) => {
    const change = objectOf(item);
    if (!Object.hasOwn(change, 'id')) throw new Invalid('ID is not set correctly');
    if (!Object.hasOwn(change, 'status')) throw new Invalid('Status is not set correctly');
    if (!isId(change['id'])) throw new Invalid('Invalid ID specified');
    return { id: change['id'], status: toStatus(change) };
  });
}
