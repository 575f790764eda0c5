import type { Notification } from '../notification.entity.js';
import { toNotificationView } from './notifications.view.js';

describe('a notification on the wire', () => {
  it('has its time and date in two fields', () => {
    const notification: Notification = {
      id: 7,
      clusterId: null,
      nodeId: 3,
      taskId: null,
      topic: 'discover',
      message: "Node 'Untitled (7e:61)' has gone away",
      status: 'unread',
      createdAt: new Date('2026-01-02T03:04:05.678Z'),
    };
    expect(toNotificationView(notification)).toEqual({
      id: 7,
      cluster: null,
      topic: 'discover',
      message: "Node 'Untitled (7e:61)' has gone away",
      status: 'unread',
      node_id: 3,
      task_id: null,
      time: '03:04:05',
      date: '02-01-2026',
    });
  });
});
