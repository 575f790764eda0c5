import type { BootActionRecord } from '../../records/boot-action-record.entity.js';

export interface BootActionView {
  readonly node_name: string;
  readonly action_id: string;
  readonly action_name: string;
  readonly task_id: string;
  readonly action_status: string;
}

export function toBootActionView(record: BootActionRecord): BootActionView {
  return {
    node_name: record.nodeName,
    action_id: record.actionId,
    action_name: record.actionName,
    task_id: record.taskId,
    action_status: record.status,
  };
}
