import { Any, type EntityManager } from 'typeorm';
import { Invalid } from '../common/errors.js';
import { Job } from '../orchestration/job.entity.js';
import { RELEASED_JOB_STATUSES } from '../orchestration/states.js';
import { Node } from './node.entity.js';

const UNFINISHED = ['pending', ...RELEASED_JOB_STATUSES];

/** A node and how far the job that works on it has come; null while none does. */
export interface NodeWithWork {
  readonly node: Node;
  readonly workProgress: number | null;
}

/** `undefined`: all; `null`: those in no cluster. */
export interface NodeFilter {
  readonly clusterId?: number | null;
  readonly ids?: readonly number[];
}

/**
 * One statement for both: read one after the other, a job that ends in between would take a node's progress back to
 * where it began.
 */
export async function readNodes(sql: EntityManager, { clusterId, ids }: NodeFilter): Promise<NodeWithWork[]> {
  const query = sql
    .createQueryBuilder(Node, 'n')
    .leftJoin(Job, 'j', `j.targetKind = 'node' and j.targetId = n.id::text and j.status in ('running', 'waiting')`)
    .addSelect('j.progress', 'work_progress')
    .addSelect(`j.input->>'action' = 'deploy'`, 'is_deployed')
    .orderBy('n.id');
  if (clusterId === null) query.where('n.clusterId is null');
  if (typeof clusterId === 'number') query.where('n.clusterId = :clusterId', { clusterId });
  if (ids !== undefined) query.andWhere('n.id = any(:ids)', { ids });
  const { entities, raw } = await query.getRawAndEntities<{
    work_progress: number | null;
    is_deployed: boolean | null;
  }>();
  return entities.map((node, place) => {
    // Nothing writes the row when a job begins, so one that waited for its provisioning still says that this is over.
    if (raw[place]?.is_deployed && node.status === 'provisioned') node.status = 'deploying';
    return { node, workProgress: raw[place]?.work_progress ?? null };
  });
}

/** Holds the rows until the transaction ends, by ascending id as everything does that locks several. */
export function lockNodes(tx: EntityManager, ids: readonly number[]): Promise<Node[]> {
  if (ids.length === 0) return Promise.resolve([]);
  return tx.find(Node, { where: { id: Any([...ids]) }, order: { id: 'ASC' }, lock: { mode: 'pessimistic_write' } });
}

/** Those of the nodes that a job works on or is going to. */
export async function workedOnIds(tx: EntityManager, ids: readonly number[]): Promise<Set<number>> {
  const rows = await tx.query<{ id: number }[]>(
    `select distinct target_id::integer as id from jobs
     where target_kind = 'node' and target_id = any($1::text[]) and status = any($2::text[])`,
    [ids.map(String), UNFINISHED],
  );
  return new Set(rows.map(({ id }) => id));
}

/**
 * Holds the clusters nodes are to join: before the nodes' own rows, in the order deployments take them. Clusters are
 * known here by their table only: they stand on a higher floor.
 */
export async function holdClusters(tx: EntityManager, ids: readonly number[]): Promise<void> {
  const wanted = [...new Set(ids)];
  if (wanted.length === 0) return;
  const found = await tx.query<unknown[]>(
    'select id from clusters where id = any($1::integer[]) order by id for key share',
    [wanted],
  );
  if (found.length < wanted.length) throw new Invalid('Cluster not found');
}

/** Holds the clusters these nodes are in, before the nodes' own rows; they may be others once those are held. */
export async function holdClustersOf(tx: EntityManager, nodeIds: readonly number[]): Promise<Set<number>> {
  const rows = await tx.query<{ id: number }[]>(
    `select id from clusters where id in (select cluster_id from nodes where id = any($1::integer[]))
     order by id for no key update`,
    [nodeIds],
  );
  return new Set(rows.map(({ id }) => id));
}

/** What is open about nodes that are gone is not open any more. With the clusters' rows held. */
export async function dropChangesOf(tx: EntityManager, clusters: ReadonlySet<number>, nodeIds: readonly number[]) {
  if (clusters.size === 0) return;
  await tx.query(
    `update clusters set changes = (
       select coalesce(jsonb_agg(change order by place), '[]')
       from jsonb_array_elements(changes) with ordinality as open(change, place)
       where change->>'node_id' is null or change->>'node_id' <> all($2::text[]))
     where id = any($1::integer[])`,
    [[...clusters], nodeIds.map(String)],
  );
}

/** A node has only roles its cluster's release knows. */
export async function assertKnownRoles(tx: EntityManager, clusterId: number, roles: readonly string[]): Promise<void> {
  if (roles.length === 0) return;
  const [release] = await tx.query<{ name: string; roles: string[] }[]>(
    'select r.name, r.roles from clusters c join releases r on r.id = c.release_id where c.id = $1',
    [clusterId],
  );
  const unknown = roles.filter((role) => !release?.roles.includes(role));
  if (unknown.length === 0) return;
  throw new Invalid(`${unknown.join(', ')} are not valid roles for node in ${release?.name} release`);
}
