import { Injectable } from '@nestjs/common';
import type { EntityManager } from 'typeorm';
import { BatchesService } from '../../orchestration/batches.service.js';
import type { EndedBatch, EndedJob } from '../../orchestration/step-handler.js';
import { SiteTask } from '../records/site-task.entity.js';
import { REPORT_ACTION } from '../tasks/actions.js';
import { countedAction, hasParts } from '../tasks/flow.js';
import { NOTHING_YET, settled, type TaskResult, withFailure, withSuccess } from '../tasks/result.js';
import { type NewTaskMessage, TaskMessages } from '../tasks/task-messages.service.js';
import { reportOf } from './boot-report.js';
import { DRYDOCK, type TaskJobInput, type TaskRequest } from './drydock-job.js';
import { TaskFlow } from './task-flow.service.js';
import { holdRoot, isEnded, partResultOf, partsOf, reportedActions, resultColumns, resultOf } from './task-rows.js';

/** What the ends of jobs mean for their tasks, in the transactions that end them. */
@Injectable()
export class TaskEnds {
  constructor(
    private readonly flow: TaskFlow,
    private readonly messages: TaskMessages,
    private readonly batches: BatchesService,
  ) {}

  async jobEnded(tx: EntityManager, job: EndedJob): Promise<void> {
    const { rootId, taskId, node, action } = job.input as unknown as TaskJobInput;
    const root = await holdRoot(tx, rootId);
    const task = taskId === rootId ? root : await tx.findOneBy(SiteTask, { id: taskId });
    if (!root || !task || isEnded(task)) return;
    if (job.status === 'cancelled' && !root.terminate) await this.terminate(tx, root, 'the orchestration');
    if (task === root) await this.opened(tx, root, job);
    else if (node !== null) await this.nodeEnded(tx, root, task, node, job);
    else if (action === REPORT_ACTION && job.status !== 'cancelled') await this.reportEnded(tx, root, task);
    else await this.siteEnded(tx, root, task, job);
  }

  /** Nothing of it is at work any more: what did not come to its end by itself is settled. */
  async batchEnded(tx: EntityManager, batch: EndedBatch): Promise<void> {
    const { taskId } = batch.request as unknown as TaskRequest;
    const root = await holdRoot(tx, taskId);
    if (!root || isEnded(root)) return;
    const status = root.terminate || batch.status === 'cancelled' ? 'terminated' : 'complete';
    const by = root.terminatedBy === null ? '' : ` by ${root.terminatedBy}`;
    const message = status === 'terminated' ? `Task terminated${by}.` : 'The work on this task came to an end.';
    const all = await tx.find(SiteTask, { where: { rootId: root.id }, order: { ordinal: 'DESC' } });
    // The youngest first: a whole is settled from its parts.
    for (const task of all.filter((one) => !isEnded(one))) {
      const messages: NewTaskMessage[] = [{ message, error: true, contextType: 'task', context: task.id }];
      await this.flow.close(tx, task, status, { result: await leftOver(tx, task), message, messages });
    }
  }

  /** No more parts start, and those at work are stopped. The caller holds the root. */
  async terminate(tx: EntityManager, root: SiteTask, by: string): Promise<void> {
    root.terminate = true;
    root.terminatedBy = by;
    await tx.query(
      `update drydock_tasks set terminate = true, terminated_by = $2, status = 'terminating', updated_at = now()
       where root_id = $1 and status not in ('complete', 'terminated')`,
      [root.id, by],
    );
    const jobs = await tx.query<{ id: number }[]>(
      `select id from jobs where batch_id = $1 and status not in ('succeeded', 'failed', 'cancelled') order by id`,
      [root.batchId],
    );
    const ids = jobs.map(({ id }) => id);
    await this.batches.abort(tx, DRYDOCK, ids, by);
  }

  private async opened(tx: EntityManager, root: SiteTask, job: EndedJob): Promise<void> {
    const [step] = job.steps;
    if (job.status !== 'succeeded') {
      const reason = step?.result?.['reason'];
      const message = step?.message ?? 'The task could not be started';
      const end = { result: withFailure(NOTHING_YET), message, reason: typeof reason === 'string' ? reason : null };
      if (!root.terminate) await this.flow.finish(tx, root, root, end);
      return;
    }
    if (hasParts(root.action)) {
      await this.flow.goOn(tx, root, root, step?.result?.['groups'] as string[][] | undefined);
      return;
    }
    await this.flow.finish(tx, root, root, { result: withSuccess(NOTHING_YET), message: step?.message ?? null });
  }

  private async nodeEnded(
    tx: EntityManager,
    root: SiteTask,
    task: SiteTask,
    node: string,
    job: EndedJob,
  ): Promise<void> {
    const isGood = job.status === 'succeeded';
    const result = isGood ? withSuccess(resultOf(task), node) : withFailure(resultOf(task), node);
    const messages = [nodeMessage(node, job)];
    if (result.successes.length + result.failures.length >= task.nodeNames.length) {
      await this.flow.finish(tx, root, task, { result: inOrderOf(task.nodeNames, result), messages });
      return;
    }
    await this.messages.append(tx, task.id, messages);
    await tx.update(SiteTask, { id: task.id }, { ...resultColumns(result), updatedAt: () => 'now()' });
  }

  private async reportEnded(tx: EntityManager, root: SiteTask, task: SiteTask): Promise<void> {
    const actions = await reportedActions(tx, root.id, task.nodeNames);
    await this.flow.finish(tx, root, task, reportOf(task.nodeNames, actions));
  }

  private async siteEnded(tx: EntityManager, root: SiteTask, task: SiteTask, job: EndedJob): Promise<void> {
    const isGood = job.status === 'succeeded';
    const result = isGood ? withSuccess(NOTHING_YET) : withFailure(NOTHING_YET);
    const message = lastMessage(job);
    const messages = [{ message, error: !isGood, contextType: 'site', context: 'site' }];
    await this.flow.finish(tx, root, task, { result, messages, message: isGood ? null : message });
  }
}

/** Nodes came to their ends in any order; they are told in the design's. */
function inOrderOf(nodeNames: readonly string[], result: TaskResult): TaskResult {
  const ordered = (names: readonly string[]) => nodeNames.filter((name) => names.includes(name));
  return { ...result, successes: ordered(result.successes), failures: ordered(result.failures) };
}

function nodeMessage(node: string, job: EndedJob): NewTaskMessage {
  return { message: lastMessage(job), error: job.status !== 'succeeded', contextType: 'node', context: node };
}

/** Of the step that decided: the one that failed, or the last that ended. */
function lastMessage({ steps, status }: EndedJob): string {
  const ended = steps.filter((step) => step.finishedAt !== undefined);
  const failed = ended.find((step) => step.status === 'failed');
  const word = status === 'succeeded' ? 'Done' : status === 'cancelled' ? 'Stopped' : 'Failed';
  return (failed ?? ended[ended.length - 1])?.message ?? word;
}

async function leftOver(tx: EntityManager, task: SiteTask): Promise<TaskResult> {
  const parts = hasParts(task.action) ? (await partsOf(tx, task.id)).map(partResultOf) : [];
  const sum = parts.length === 0 ? resultOf(task) : settled(NOTHING_YET, parts, countedAction(task));
  const result = withFailure(sum);
  return result.status === 'partial_success' && result.successes.length === 0
    ? { ...result, status: 'failure' }
    : result;
}
