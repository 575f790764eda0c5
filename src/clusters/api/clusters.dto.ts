import { Invalid, NotFound } from '../../common/errors.js';
import { type JsonObject, objectOf, readFields } from '../../fuel/fuel-body.js';
import { choice, Field, flag, id, integer, listOf, shown, text } from '../../fuel/fuel-fields.js';
import { isId } from '../../fuel/fuel-id.pipe.js';
import type { Assignment } from '../assignment.service.js';
import {
  CLUSTER_GROUPINGS,
  CLUSTER_MODES,
  CLUSTER_STATUSES,
  type ClusterChange,
  type ClusterGrouping,
  type ClusterMode,
  type ClusterStatus,
  NET_PROVIDERS,
  type NetProvider,
} from '../cluster.entity.js';
import type { ClusterWish } from '../clusters.service.js';

/** Bodies of requests about clusters (spec fuel sections 3.1 and 3.7), in our words. */

const CHANGE_NAMES = ['networks', 'attributes', 'disks', 'interfaces', 'vmware_attributes'];
const MOST_NODES = 10_000;
const INVALID_RELEASE = { message: 'Invalid release ID' };

/** What it says besides these is accepted and ignored, so that what was read may be written back. */
class ClusterBody {
  @Field(text(50, 1)) name?: string;
  @Field(choice(CLUSTER_STATUSES)) status?: ClusterStatus;
  @Field(choice(CLUSTER_MODES)) mode?: ClusterMode;
  @Field(choice(CLUSTER_GROUPINGS)) grouping?: ClusterGrouping;
  @Field(flag()) is_customized?: boolean;
  @Field(choice(NET_PROVIDERS)) net_provider?: NetProvider;
  @Field(text(20), { nullable: true }) net_segment_type?: string | null;
  @Field(id(), INVALID_RELEASE) release?: number;
  @Field(id(), INVALID_RELEASE) release_id?: number;
  @Field(integer(Number.MIN_SAFE_INTEGER, Number.MAX_SAFE_INTEGER), { nullable: true })
  pending_release_id?: number | null;
  @Field(listOf(integer(Number.MIN_SAFE_INTEGER, Number.MAX_SAFE_INTEGER), MOST_NODES)) nodes?: number[];
  @Field(listOf(changeFault, MOST_NODES)) changes?: ClusterChange[];
}

export function toClusterWish(given: JsonObject): ClusterWish {
  const body = readFields(ClusterBody, given);
  return {
    name: body.name,
    status: body.status,
    mode: body.mode,
    grouping: body.grouping,
    isCustomized: body.is_customized,
    netProvider: body.net_provider,
    netSegmentType: body.net_segment_type,
    releaseId: body.release ?? body.release_id,
    pendingReleaseId: toPendingId(body.pending_release_id),
    nodeIds: body.nodes && toNodeIds(body.nodes),
    changes: body.changes?.map(({ name, node_id }) => ({ name, node_id: node_id ?? null })),
  };
}

export function toNewCluster(given: JsonObject): ClusterWish & { name: string; releaseId: number } {
  if ([given['release'], given['release_id']].every((value) => value === undefined || value === null)) {
    throw new Invalid('Release ID is required');
  }
  const named = Object.fromEntries(
    Object.entries(given).filter(([name, value]) => value !== null || !name.startsWith('release')),
  );
  const { name, releaseId, ...wish } = toClusterWish(named);
  if (name === undefined) throw new Invalid('Environment name is required');
  return { ...wish, name, releaseId: releaseId as number };
}

/** A number no release can have is one that is not found. */
function toPendingId(given: number | null | undefined): number | null | undefined {
  if (given === undefined || given === null || isId(given)) return given;
  throw new NotFound(`Object 'Release' with UID=${given} is not found in DB`);
}

/** As above for nodes, whose refusal is another. */
function toNodeIds(given: readonly number[]): number[] {
  const missing = given.filter((each) => !isId(each));
  if (missing.length > 0) throw new Invalid(`Nodes with ids ${missing.join(', ')} were not found.`);
  return [...given];
}

function changeFault(value: unknown): string | undefined {
  if (typeof value !== 'object' || value === null || Array.isArray(value))
    return `${shown(value)} is not of type 'object'`;
  const { name, node_id: nodeId } = value as { readonly name?: unknown; readonly node_id?: unknown };
  if (nodeId !== undefined && nodeId !== null && !isId(nodeId)) return `${shown(nodeId)} is not an id`;
  return choice(CHANGE_NAMES)(name);
}

class AssignmentBody {
  @Field(listOf(text(100, 1), 100)) roles?: string[];
}

export function toAssignments(given: readonly unknown[]): Assignment[] {
  const items = toIds(given);
  return items.map(({ nodeId, item }) => {
    const { roles } = readFields(AssignmentBody, item);
    if (roles === undefined) throw new Invalid("'roles' is a required property");
    return { nodeId, roles };
  });
}

export function toNodes(given: readonly unknown[]): number[] {
  return toIds(given).map(({ nodeId }) => nodeId);
}

function toIds(given: readonly unknown[]): { nodeId: number; item: JsonObject }[] {
  if (given.length === 0) throw new Invalid('[] is too short');
  if (given.length > MOST_NODES) throw new Invalid('the list is too long');
  const items = given.map((each) => {
    const item = objectOf(each);
    if (!Object.hasOwn(item, 'id')) throw new Invalid("'id' is a required property");
    if (!Number.isInteger(item['id'])) throw new Invalid(`id: ${shown(item['id'])} is not of type 'integer'`);
    return { nodeId: item['id'] as number, item };
  });
  toNodeIds(items.map(({ nodeId }) => nodeId));
  return items;
}

/**
 * `?nodes=1,2`: blanks and repetitions are tolerated (spec fuel section 3.3). Null: none were named. What no node can have is
 * unknown like any other number nobody has.
 */
export function parseNodeIds(given: unknown): number[] | null {
  const parts = [given ?? '']
    .flat()
    .flatMap((each) => String(each).split(','))
    .map((part) => part.trim())
    .filter((part) => part !== '');
  if (parts.length === 0) return null;
  const ids = parts.map((part) => {
    if (!/^[+-]?\d+$/.test(part)) throw new Invalid('Provided id is not integer');
    return Number(part);
  });
  if (ids.length > MOST_NODES) throw new Invalid('Too many nodes are named');
  if (!ids.every(isId)) throw new NotFound('NodeCollection not found');
  return [...new Set(ids)];
}

export function toTaskNames(given: readonly unknown[]): string[] {
  if (given.length === 0) throw new Invalid('[] is too short');
  const fault = listOf(text(255, 1), 2000)(given);
  if (fault !== undefined) throw new Invalid(fault);
  return [...new Set(given as string[])];
}
