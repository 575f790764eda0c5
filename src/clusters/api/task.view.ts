import type { Task, TaskStatus } from '../task.entity.js';

/** A task as clients read it (spec fuel section 2.4). */
export interface TaskView {
  readonly id: number;
  readonly cluster: number | null;
  readonly uuid: string;
  readonly name: string;
  readonly result: Readonly<Record<string, unknown>>;
  readonly message: string | null;
  readonly status: TaskStatus;
  readonly progress: number;
}

export function toTaskView({ id, clusterId, uuid, name, result, message, status, progress }: Task): TaskView {
  return { id, cluster: clusterId, uuid, name, result, message, status, progress };
}
