import type { BuildData } from '../../records/build-data.entity.js';
import type { TaskMessage } from '../../records/task-message.entity.js';
import type { ShownTask } from '../task-reads.service.js';

export type Wire = Record<string, unknown>;

/** One format for every time: `2026-11-21 06:10:39.043000+00:00` (spec drydock section 4.2). */
export function toTime(at: Date | null): string | null {
  return at === null ? null : at.toISOString().replace('T', ' ').replace('Z', '000+00:00');
}

export function toTaskView(shown: ShownTask, buildData?: readonly BuildData[]): Wire {
  const { task, partIds } = shown;
  return {
    kind: 'Task',
    apiVersion: 'v1',
    task_id: task.id,
    action: task.action,
    parent_task_id: task.parentId,
    design_ref: task.designRef,
    status: task.status,
    result: toResultView(shown),
    node_filter: task.nodeFilter,
    subtask_id_list: partIds,
    created: toTime(task.createdAt),
    created_by: task.createdBy,
    updated: toTime(task.updatedAt),
    terminated: toTime(task.terminatedAt),
    terminated_by: task.terminatedBy,
    terminate: task.terminate,
    retry: task.retry,
    ...(buildData && { build_data: buildData.map(toBuildDataView) }),
  };
}

export function toResultView({ task, messages }: ShownTask): Wire {
  return {
    kind: 'Status',
    apiVersion: 'v1.0',
    metadata: {},
    message: task.resultMessage,
    reason: task.resultReason,
    status: task.resultStatus,
    successes: task.successes,
    failures: task.failures,
    links: task.links,
    details: { errorCount: errorCountOf(messages), messageList: messages.map(toMessageView) },
  };
}

export function errorCountOf(messages: readonly TaskMessage[]): number {
  return messages.filter(({ error }) => error).length;
}

function toMessageView({ message, error, contextType, context, at, extra }: TaskMessage): Wire {
  return { message, error, context_type: contextType, context, ts: toTime(at), extra };
}

export function toBuildDataView({
  nodeName,
  taskId,
  collectedAt,
  generator,
  dataFormat,
  dataElement,
}: BuildData): Wire {
  return {
    node_name: nodeName,
    task_id: taskId,
    collected_date: toTime(collectedAt),
    generator,
    data_format: dataFormat,
    data_element: dataElement,
  };
}
