import { randomUUID } from 'node:crypto';
import type { EntityManager, QueryDeepPartialEntity } from 'typeorm';
import { SiteTask, type SiteTaskStatus } from '../records/site-task.entity.js';
import type { NewPart } from '../tasks/flow.js';
import type { PartResult, TaskResult } from '../tasks/result.js';
import { TASK_ENDED } from '../tasks/task-states.js';
import type { ReportedAction } from './boot-report.js';

/** Rows of one INSERT; PostgreSQL takes at most 65,535 parameters. */
const CHUNK = 500;

/**
 * The rows of one root's tree. Whoever changes any of them holds the root, so that parts that end at the same time come
 * one after the other. Messages can be added meanwhile: they only refer to the rows.
 */
export function holdRoot(tx: EntityManager, rootId: string): Promise<SiteTask | null> {
  return tx.findOne(SiteTask, { where: { id: rootId }, lock: { mode: 'for_no_key_update' } });
}

/** What a batch was made for. */
export function rootOfBatch(sql: Pick<EntityManager, 'query'>, batchId: string): Promise<RootEnd | null> {
  return sql
    .query<RootEnd[]>(
      `select id, status, result_status as "resultStatus", result_message as "resultMessage", node_names as "nodeNames"
       from drydock_tasks where batch_id = $1 and parent_id is null`,
      [batchId],
    )
    .then(([root]) => root ?? null);
}

export type RootEnd = Pick<SiteTask, 'id' | 'status' | 'resultStatus' | 'resultMessage' | 'nodeNames'>;

export function isEnded({ status }: { readonly status: SiteTaskStatus }): boolean {
  return TASK_ENDED.some((ended) => ended === status);
}

export function partsOf(tx: EntityManager, parentId: string): Promise<SiteTask[]> {
  return tx.find(SiteTask, { where: { parentId }, order: { ordinal: 'ASC' } });
}

export async function hasUnendedParts(tx: EntityManager, parentId: string): Promise<boolean> {
  const [row] = await tx.query<{ found: boolean }[]>(
    `select exists (
       select 1 from drydock_tasks where parent_id = $1 and status not in ('complete', 'terminated')) as found`,
    [parentId],
  );
  return row?.found === true;
}

export function partResultOf(task: SiteTask): PartResult {
  return { ...resultOf(task), action: task.action, nodeNames: task.nodeNames };
}

export function resultOf({ resultStatus, successes, failures }: SiteTask): TaskResult {
  return { status: resultStatus, successes, failures };
}

/** The columns of a result. */
export function resultColumns({ status, successes, failures }: TaskResult) {
  return { resultStatus: status, successes: [...successes], failures: [...failures] };
}

export async function addParts(
  tx: EntityManager,
  root: SiteTask,
  parent: SiteTask,
  parts: readonly (NewPart & { readonly status: SiteTaskStatus })[],
): Promise<SiteTask[]> {
  const [row] = await tx.query<{ last: number }[]>(
    'select max(ordinal) as last from drydock_tasks where root_id = $1',
    [root.id],
  );
  const first = (row?.last ?? 0) + 1;
  const rows = parts.map(({ action, nodeNames, retry, status }, index) => ({
    id: randomUUID(),
    action,
    parentId: parent.id,
    rootId: root.id,
    designRef: root.designRef,
    designDigest: root.designDigest,
    nodeFilter: filterOf(nodeNames),
    nodeNames: [...nodeNames],
    status,
    retry,
    ordinal: first + index,
    batchId: root.batchId,
    createdBy: root.createdBy,
  }));
  const made = tx.create(SiteTask, rows);
  for (let from = 0; from < made.length; from += CHUNK) {
    const some = made.slice(from, from + CHUNK) as QueryDeepPartialEntity<SiteTask>[];
    await tx.createQueryBuilder().insert().into(SiteTask).values(some).updateEntity(false).execute();
  }
  return made;
}

/** What a client can give back as a filter for the same nodes. */
function filterOf(nodeNames: readonly string[]): Record<string, unknown> | null {
  if (nodeNames.length === 0) return null;
  const filter = { filter_type: 'union', node_names: [...nodeNames] };
  return { filter_set_type: 'union', filter_set: [filter] };
}

/** What a report is about: the actions of each node's newest deployment by this root. */
export async function reportedActions(
  tx: Pick<EntityManager, 'query'>,
  rootId: string,
  nodeNames: readonly string[],
): Promise<ReportedAction[]> {
  return tx.query<ReportedAction[]>(
    `with newest as (
       select distinct on (a.node_name) a.node_name, a.task_id
       from drydock_boot_actions a join drydock_tasks t on t.id = a.task_id
       where t.root_id = $1 and a.node_name = any($2)
       order by a.node_name, t.ordinal desc)
     select a.node_name as "nodeName", a.action_name as "actionName", a.status, a.superseded
     from drydock_boot_actions a join newest using (node_name, task_id)
     order by a.node_name, a.ordinal`,
    [rootId, [...nodeNames]],
  );
}

/**
 * The task that came to destroying the node although it was asked for later than the one `partId` belongs to, if any: who
 * wants a node gone must not find it deployed once more by what was asked for before.
 */
export async function laterDestruction(
  tx: Pick<EntityManager, 'query'>,
  partId: string,
  nodeName: string,
): Promise<string | null> {
  const [later] = await tx.query<{ id: string }[]>(
    `select root.id from drydock_tasks mine join drydock_tasks mine_root on mine_root.id = mine.root_id
       join drydock_tasks root on root.created_at > mine_root.created_at
       join drydock_tasks part on part.root_id = root.id
     where mine.id = $1 and part.action = 'destroy_node'
       and ($2 = any(part.successes) or $2 = any(part.failures))
     order by root.created_at desc limit 1`,
    [partId, nodeName],
  );
  return later?.id ?? null;
}
