import type { Task } from '../task.entity.js';

/** What tasks are called (spec fuel section 2.4). `deploy` has children; the others are one piece of work. */
export type TaskName =
  | 'update'
  | 'deploy'
  | 'deployment'
  | 'provision'
  | 'node_deletion'
  | 'stop_deployment'
  | 'reset_environment'
  | 'cluster_deletion';

/** Their part in their parent's progress (spec fuel section 2.4). */
export const CHILD_WEIGHTS: Partial<Record<TaskName, number>> = { provision: 0.4, deployment: 1, node_deletion: 0.4 };

/** As Python's `title()` has it: messages begin with it. */
export function titleOf(name: string): string {
  return name
    .split('_')
    .map((word) => word.charAt(0).toUpperCase() + word.slice(1))
    .join('_');
}

export function nameOf(task: Pick<Task, 'name'>): TaskName {
  return task.name as TaskName;
}
