import { Injectable } from '@nestjs/common';
import { type EntityManager, In } from 'typeorm';
import { AuditService } from '../../auth/audit/audit.service.js';
import { SYSTEM_PRINCIPAL } from '../../auth/principal.js';
import { Config } from '../../config/config.js';
import { BatchesService, type JobSpec } from '../../orchestration/batches.service.js';
import { sources } from '../../orchestration/states.js';
import { SiteTask, type SiteTaskStatus } from '../records/site-task.entity.js';
import { isRootAction, needsNodes } from '../tasks/actions.js';
import { hasParts, type NewPart, nextOf } from '../tasks/flow.js';
import type { TaskResult } from '../tasks/result.js';
import { type NewTaskMessage, TaskMessages } from '../tasks/task-messages.service.js';
import { TASK_TRANSITIONS } from '../tasks/task-states.js';
import { jobsOfPart } from './drydock-job.js';
import { addParts, hasUnendedParts, isEnded, partResultOf, partsOf, resultColumns } from './task-rows.js';

export interface TaskEnd {
  readonly result: TaskResult;
  readonly message?: string | null;
  readonly reason?: string | null;
  readonly messages?: readonly NewTaskMessage[];
}

/** Grows a root's tree of parts and brings its tasks to their ends (spec drydock section 6.2). The caller holds the root. */
@Injectable()
export class TaskFlow {
  constructor(
    private readonly batches: BatchesService,
    private readonly messages: TaskMessages,
    private readonly audit: AuditService,
    private readonly config: Config,
  ) {}

  /** What comes next for a task of parts, and for those above it, when none of its parts is at work. */
  async goOn(
    tx: EntityManager,
    root: SiteTask,
    task: SiteTask,
    groups?: readonly (readonly string[])[],
  ): Promise<void> {
    const jobs: JobSpec[] = [];
    await this.advance(tx, root, task, jobs, groups);
    if (jobs.length > 0 && root.batchId !== null) await this.batches.append(tx, root.batchId, jobs);
  }

  /** The task has come to its end; what it is a part of goes on. */
  async finish(tx: EntityManager, root: SiteTask, task: SiteTask, end: TaskEnd): Promise<void> {
    const jobs: JobSpec[] = [];
    await this.end(tx, root, task, end, jobs);
    if (jobs.length > 0 && root.batchId !== null) await this.batches.append(tx, root.batchId, jobs);
  }

  /** Stops where it is: what was at work is over, and nothing more is started. */
  async close(tx: EntityManager, task: SiteTask, status: SiteTaskStatus, end: TaskEnd): Promise<void> {
    const { result, message = null, reason = null, messages = [] } = end;
    await this.messages.append(tx, task.id, messages);
    const columns = { ...resultColumns(result), resultMessage: message, resultReason: reason };
    Object.assign(task, columns, { status });
    await tx.update(
      SiteTask,
      { id: task.id, status: In(sources(TASK_TRANSITIONS, status)) },
      { ...columns, status, updatedAt: () => 'now()', ...(status === 'terminated' && { terminatedAt: () => 'now()' }) },
    );
    if (task.parentId !== null) return;
    await this.audit.record(tx, SYSTEM_PRINCIPAL, {
      action: 'task_end',
      objectType: 'drydock_task',
      objectId: task.id,
      objectRepr: task.action,
      after: { status, result: result.status, successes: result.successes.length, failures: result.failures.length },
    });
  }

  private async advance(
    tx: EntityManager,
    root: SiteTask,
    task: SiteTask,
    jobs: JobSpec[],
    groups?: readonly (readonly string[])[],
  ): Promise<void> {
    if (root.terminate) return;
    const ended = (await partsOf(tx, task.id)).map(partResultOf);
    const next = nextOf({ action: task.action, nodeNames: task.nodeNames, ...(groups && { groups }) }, ended);
    if (next.next === 'end') {
      await this.end(tx, root, task, { result: next.result, message: messageOf(task) }, jobs);
      return;
    }
    await this.start(tx, root, task, next.parts, jobs);
  }

  private async start(
    tx: EntityManager,
    root: SiteTask,
    parent: SiteTask,
    parts: readonly NewPart[],
    jobs: JobSpec[],
  ): Promise<void> {
    const rows = parts.map((part) => ({
      ...part,
      status: hasParts(part.action) ? ('running' as const) : ('queued' as const),
    }));
    const made = await addParts(tx, root, parent, rows);
    const retry = Math.max(parent.retry, ...parts.map((part) => part.retry));
    await tx.update(SiteTask, { id: parent.id }, { retry, updatedAt: () => 'now()' });
    await this.messages.append(tx, parent.id, made.map(startMessage));
    for (const part of made) {
      if (hasParts(part.action)) await this.advance(tx, root, part, jobs);
      else jobs.push(...this.jobsOf(root, part));
    }
  }

  private jobsOf(root: SiteTask, { id, action, nodeNames }: SiteTask): JobSpec[] {
    const part = { rootId: root.id, taskId: id, action, nodeNames };
    return jobsOfPart(part, this.config.values.drydockBootactionTimeout);
  }

  private async end(tx: EntityManager, root: SiteTask, task: SiteTask, end: TaskEnd, jobs: JobSpec[]): Promise<void> {
    await this.close(tx, task, 'complete', end);
    const { parentId } = task;
    if (parentId === null || (await hasUnendedParts(tx, parentId))) return;
    const parent = await tx.findOneBy(SiteTask, { id: parentId });
    if (parent && !isEnded(parent)) await this.advance(tx, root, parent, jobs);
  }
}

function startMessage({ id, action, parentId }: SiteTask): NewTaskMessage {
  const message = `Started subtask ${id} for action ${action}`;
  return { message, error: false, contextType: 'task', context: parentId ?? id };
}

function messageOf({ action, nodeNames }: SiteTask): string | null {
  return isRootAction(action) && needsNodes(action) && nodeNames.length === 0
    ? 'No nodes in scope, no work to do.'
    : null;
}
