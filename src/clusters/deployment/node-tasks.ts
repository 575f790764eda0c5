import type { DeploymentTask, RebootTask, ShellTask, UploadTask } from '../../releases/deployment-task.js';
import { orderTasks } from '../../releases/task-graph.js';
import type { RankedNode } from './deployment-order.js';

/** A task that does something on a node. */
export type ActingTask = ShellTask | UploadTask | RebootTask;

export function isActing(task: DeploymentTask): task is ActingTask {
  return task.type === 'shell' || task.type === 'upload_file' || task.type === 'reboot';
}

/**
 * A release's tasks, put in order once, and those of one node among them.
 *
 * Fuel tells the primary controller from the others: a task for `controller` is not run on the primary one. A release
 * that never says `primary-controller` means all of them, so the difference is made only by releases that make it.
 */
export class NodeTasks {
  readonly acting: readonly ActingTask[];
  private readonly named: ReadonlySet<string>;
  private readonly found = new Map<string, readonly ActingTask[]>();
  private readonly groupRoles: ReadonlyMap<string, readonly string[]>;

  constructor(tasks: readonly DeploymentTask[]) {
    const ordered = orderTasks(tasks);
    this.acting = ordered.filter(isActing);
    this.named = new Set(tasks.flatMap(({ roles, groups }) => [...roles, ...groups]));
    this.groupRoles = new Map(ordered.filter(({ type }) => type === 'group').map(({ id, roles }) => [id, roles]));
  }

  /** Nodes that play the same parts share one answer: there may be thousands of them. */
  of(ranked: RankedNode): readonly ActingTask[] {
    const key = JSON.stringify([[...ranked.roles], [...ranked.primaryOf]]);
    const known = this.found.get(key) ?? this.find(ranked);
    this.found.set(key, known);
    return known;
  }

  private find(ranked: RankedNode): ActingTask[] {
    const roles = new Set(ranked.roles);
    for (const role of ranked.primaryOf) if (!this.named.has(`primary-${role}`)) roles.add(role);
    const isFor = (role: string) => role === '*' || roles.has(role);
    return this.acting.filter(
      (task) =>
        task.roles.some(isFor) || task.groups.some((group) => (this.groupRoles.get(group) ?? [group]).some(isFor)),
    );
  }
}
