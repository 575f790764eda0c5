import { Injectable } from '@nestjs/common';
import { InjectDataSource } from '@nestjs/typeorm';
import { DataSource } from 'typeorm';
import { FUEL, NODE } from '../deployment/node-job.js';
import type { Task } from '../task.entity.js';
import { nameOf } from './task-names.js';
import {
  deploymentProgress,
  jobsProgress,
  parentProgress,
  provisioningProgress,
  type NodeProgress,
} from './task-progress.js';

interface NodeRow extends NodeProgress {
  readonly clusterId: number;
}

interface JobRow {
  readonly taskId: number;
  readonly progress: number;
}

/**
 * How far running tasks are. It is worked out when somebody asks, from the nodes' rows and their jobs' (so that a
 * deployment does not write every number twice), and the highest that was shown is kept: what nodes do to the arithmetic
 * (one fails, one comes back online) would make it go down again.
 */
@Injectable()
export class RunningProgress {
  constructor(@InjectDataSource() private readonly dataSource: DataSource) {}

  /** The same tasks, those that run with their progress. The children of running parents must be among them. */
  async apply(tasks: readonly Task[]): Promise<Task[]> {
    const running = tasks.filter(({ status }) => status === 'running');
    if (running.length === 0) return [...tasks];
    const [nodes, jobs] = await Promise.all([this.readNodes(running), this.readJobs(running)]);
    const shown = new Map(running.map((task) => [task.id, Math.max(task.progress, ownProgress(task, nodes, jobs))]));
    for (const parent of running) {
      const children = tasks.filter(({ parentId }) => parentId === parent.id);
      if (children.length === 0) continue;
      const parts = children.map(({ id, weight, progress }) => ({ weight, progress: shown.get(id) ?? progress }));
      shown.set(parent.id, Math.max(parent.progress, parentProgress(parts)));
    }
    const risen = running.filter(({ id, progress }) => shown.get(id)! > progress);
    await this.remember(
      risen.map(({ id }) => id),
      shown,
    );
    return tasks.map((task) => Object.assign(task, { progress: shown.get(task.id) ?? task.progress }));
  }

  private async remember(ids: readonly number[], shown: ReadonlyMap<number, number>): Promise<void> {
    if (ids.length === 0) return;
    await this.dataSource.query(
      `update tasks set progress = seen.progress
       from (select unnest($1::integer[]) as id, unnest($2::integer[]) as progress) seen
       where tasks.id = seen.id and tasks.status = 'running' and tasks.progress < seen.progress`,
      [ids, ids.map((id) => shown.get(id))],
    );
  }

  private readNodes(tasks: readonly Task[]): Promise<NodeRow[]> {
    return this.dataSource.query(
      `select n.cluster_id as "clusterId", n.online, coalesce(j.progress, n.progress) as progress,
         case when n.status = 'provisioned' and j.input->>'action' = 'deploy' then 'deploying' else n.status end as status
       from nodes n left join jobs j on j.kind = '${FUEL}' and j.target_kind = '${NODE}' and j.target_id = n.id::text
         and j.status in ('running', 'waiting')
       where n.cluster_id = any($1::integer[])`,
      [tasks.map(({ clusterId }) => clusterId)],
    );
  }

  private readJobs(tasks: readonly Task[]): Promise<JobRow[]> {
    return this.dataSource.query(
      `select (input->>'taskId')::integer as "taskId",
         case when status in ('succeeded', 'failed', 'cancelled') then 100 else progress end as progress
       from jobs where batch_id = any($1::uuid[])`,
      [[...new Set(tasks.filter((task) => !hasOwnArithmetic(task)).flatMap(({ batchId }) => batchId ?? []))]],
    );
  }
}

function hasOwnArithmetic(task: Task): boolean {
  return ['update', 'deployment', 'provision'].includes(task.name);
}

function ownProgress(task: Task, nodes: readonly NodeRow[], jobs: readonly JobRow[]): number {
  const own = nodes.filter(({ clusterId }) => clusterId === task.clusterId);
  switch (nameOf(task)) {
    case 'update':
    case 'deployment':
      return deploymentProgress(own);
    case 'provision':
      return provisioningProgress(own);
    case 'deploy':
      return 0;
    default:
      return jobsProgress(jobs.filter(({ taskId }) => taskId === task.id).map(({ progress }) => progress));
  }
}
