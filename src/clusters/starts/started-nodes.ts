import type { EntityManager } from 'typeorm';
import { In } from 'typeorm';
import { Invalid, NotFound } from '../../common/errors.js';
import { Node } from '../../nodes/node.entity.js';
import { Release } from '../../releases/release.entity.js';
import type { Cluster } from '../cluster.entity.js';

/** Rows of nodes when work on them starts: who was asked for, and what their rows say from then on. */

/**
 * The nodes a request names. Unknown ones are missing first, as in Nailgun; others' nodes are refused, as in 9.2 (spec fuel
 * section 0, D6).
 */
export async function namedNodes(
  tx: EntityManager,
  cluster: Cluster,
  nodes: readonly Node[],
  ids: readonly number[],
): Promise<Node[]> {
  const wanted = new Set(ids);
  const own = nodes.filter(({ id }) => wanted.has(id));
  if (own.length === wanted.size) return own;
  const known = await tx.countBy(Node, { id: In([...wanted]) });
  if (known < wanted.size) throw new NotFound('NodeCollection not found');
  const owned = new Set(own.map(({ id }) => id));
  const strangers = [...wanted].filter((id) => !owned.has(id));
  throw new Invalid(`Nodes ${strangers.join(', ')} do not belong to cluster ${cluster.id}`);
}

/** Pending roles become roles, and the rows say what the nodes are in for (spec fuel section 3.2). */
export async function beginDeployment(tx: EntityManager, cluster: Cluster, nodes: readonly Node[]): Promise<void> {
  await tx.query(
    `update nodes set status = 'deploying', ${BEGUN}, pending_addition = false, pending_roles = '[]',
       roles = roles || coalesce((select jsonb_agg(role) from jsonb_array_elements(pending_roles) role
         where not roles @> jsonb_build_array(role)), '[]')
     where id = any($1::integer[])`,
    [nodes.map(({ id }) => id), cluster.domain],
  );
}

export async function beginProvisioning(tx: EntityManager, cluster: Cluster, nodes: readonly Node[]): Promise<void> {
  await tx.query(
    `update nodes set status = 'provisioning', ${BEGUN}, pending_addition = false where id = any($1::integer[])`,
    [nodes.map(({ id }) => id), cluster.domain],
  );
}

const BEGUN = `progress = 0, error_type = null, error_msg = null,
  fqdn = coalesce(hostname, 'node-' || id) || '.' || $2::text`;

export async function releaseOf(tx: EntityManager, id: number): Promise<Release> {
  return tx.findOneByOrFail(Release, { id });
}
