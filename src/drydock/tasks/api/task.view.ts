import type { BuildData } from '../../records/build-data.entity.js';
import type { TaskMessage } from '../../records/task-message.entity.js';
import { drydockTime } from '../../wire/drydock-time.js';
import type { ShownTask } from '../task-reads.service.js';

export type Wire = Record<string, unknown>;

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
    created: drydockTime(task.createdAt),
    created_by: task.createdBy,
    updated: task.updatedAt && drydockTime(task.updatedAt),
    terminated: task.terminatedAt && drydockTime(task.terminatedAt),
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
  return { message, error, context_type: contextType, context, ts: drydockTime(at), extra };
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
    collected_date: drydockTime(collectedAt),
    generator,
    data_format: dataFormat,
    data_element: dataElement,
  };
}
