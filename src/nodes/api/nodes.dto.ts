import type { Principal } from '../../auth/principal.js';
import { Invalid, NotFound, Refused } from '../../common/errors.js';
import type { SecretBox } from '../../config/secret-box.js';
import { type JsonObject, objectOf, readFields } from '../../fuel/fuel-body.js';
import {
  address,
  anything,
  choice,
  Field,
  flag,
  id,
  integer,
  listOf,
  matching,
  object,
  text,
} from '../../fuel/fuel-fields.js';
import { isId } from '../../fuel/fuel-id.pipe.js';
import type { AgentReport } from '../agent-report.js';
import { normaliseMac } from '../mac.js';
import type { NodeWish } from '../node-change.js';
import { NODE_ERROR_TYPES, NODE_STATUSES, type NodeErrorType, type NodeStatus } from '../node.entity.js';
import type { NewNode, NodeChange } from '../nodes.service.js';
import { interfaceMacsOf, toMeta, toNewMeta } from './meta.dto.js';
import { toReach } from './slipway.dto.js';

const nullable = { nullable: true };
/** Each is a change of its own, and all of them are one transaction. */
const MOST_CHANGES = 2000;
const HOST_NAME = /^[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?$/;

/** What an agent may say. */
class ReportBody {
  @Field(choice(NODE_STATUSES), { message: 'Invalid status for node' }) status?: NodeStatus;
  @Field(address(), nullable) ip?: string | null;
  @Field(text(50), nullable) manufacturer?: string | null;
  @Field(text(150), nullable) platform_name?: string | null;
  @Field(text(150), nullable) os_platform?: string | null;
  @Field(text(255), nullable) uuid?: string | null;
  @Field(text(255), nullable) agent_checksum?: string | null;
  @Field(anything(), nullable) meta?: unknown;
}

/** What an operator may set besides. */
class NodeBody extends ReportBody {
  @Field(text(100, 1)) name?: string;
  @Field(text(255), nullable) fqdn?: string | null;
  @Field(matching(HOST_NAME), nullable) hostname?: string | null;
  @Field(text(4000), nullable) kernel_params?: string | null;
  @Field(integer(0, 100)) progress?: number;
  @Field(listOf(text(100, 1))) roles?: string[];
  @Field(listOf(text(100, 1))) pending_roles?: string[];
  @Field(flag()) pending_addition?: boolean;
  @Field(flag()) pending_deletion?: boolean;
  @Field(choice(NODE_ERROR_TYPES), nullable) error_type?: NodeErrorType | null;
  @Field(text(4000), nullable) error_msg?: string | null;
  @Field(flag()) online?: boolean;
  @Field(id(), nullable) cluster?: number | null;
  @Field(id(), nullable) cluster_id?: number | null;
  @Field(id(), nullable) group_id?: number | null;
  @Field(object()) labels?: Record<string, unknown>;
}

/** `POST /nodes`: only a node that has just booted registers, and says no more than an agent unless an operator does it. */
export function toNewNode(given: JsonObject, principal: Principal, secrets: SecretBox): NewNode {
  if (given['status'] !== 'discover') throw new Refused('Only bootstrap nodes are allowed to be registered.');
  const written = given['mac'];
  if (written === undefined || written === null || written === '') throw new Invalid('No mac address specified');
  const mac = macOf(written);
  const meta = given['meta'] === undefined ? {} : toNewMeta(given['meta']);
  const isPublic = principal.source === 'public';
  const reach = toReach(given, principal, secrets);
  // Its meta is read above, by rules of its own.
  const rest = { ...given, meta: undefined };
  const said = isPublic ? toReport(rest) : toNodeWish(rest);
  // An agent will go on reporting, unless an operator says how the node is reached without one.
  const reportedAt = given['slipway'] === undefined ? new Date() : null;
  const name = typeof given['name'] === 'string' ? { name: readFields(NodeBody, { name: given['name'] }).name } : {};
  return {
    mac,
    writtenMac: written as string,
    interfaceMacs: interfaceMacsOf(meta),
    wish: { ...said, ...name, ...reach, meta, status: 'discover', reportedAt },
  };
}

/** `PUT /nodes/{id}`: its own id and MAC address may be among what it is given. */
export function toNodeUpdate(given: JsonObject, principal: Principal, secrets: SecretBox): NodeChange {
  return {
    ...(given['id'] === undefined ? {} : { id: idOf(given['id']) }),
    ...(given['mac'] === undefined ? {} : { mac: macOf(given['mac']) }),
    wish: toOperatorWish(given, principal, secrets),
  };
}

/** `PUT /nodes`: each names its node. */
export function toNodeChanges(given: readonly unknown[], principal: Principal, secrets: SecretBox): NodeChange[] {
  if (given.length > MOST_CHANGES) throw new Invalid(`At most ${MOST_CHANGES} nodes can be changed at once`);
  return given.map((item) => {
    const body = objectOf(item);
    if (body['id'] === undefined && body['mac'] === undefined) throw new Invalid('Neither MAC nor ID is specified');
    if (body['mac'] === null) throw new Invalid('Null MAC is specified');
    return toNodeUpdate(body, principal, secrets);
  });
}

/** `PUT /nodes/agent`. */
export function toAgentReport(given: JsonObject): AgentReport {
  if (given['slipway'] !== undefined) {
    throw new Refused("Only an operator may say how Slipway reaches a node: 'slipway' is no part of a report.");
  }
  const { id: nodeId, mac } = given;
  if (!nodeId && !mac) throw new Invalid('Neither MAC nor ID is specified');
  const wish = toReport(given);
  return {
    ...(nodeId ? { id: idOf(nodeId) } : {}),
    ...(mac ? { mac: macOf(mac) } : {}),
    interfaceMacs: interfaceMacsOf(wish.meta),
    wish,
  };
}

/** `?ids=1,2` */
export function toIds(query: unknown): number[] {
  const text = lastOf(query);
  const ids = (text ?? '')
    .split(',')
    .map((each) => each.trim())
    .filter((each) => each !== '');
  if (ids.length === 0 || !ids.every((each) => /^\d+$/.test(each))) throw new Invalid('Provided id is not integer');
  const numbers = ids.map(Number);
  if (!numbers.every(isId)) throw new NotFound('NodeCollection not found');
  return numbers;
}

/** `?cluster_id=1` names a cluster, an empty one those in none; undefined means all, and -1 nothing anybody has. */
export function toClusterFilter(query: unknown): { clusterId?: number | null } {
  const text = lastOf(query);
  if (text === undefined) return {};
  if (text.trim() === '') return { clusterId: null };
  if (!/^\d+$/.test(text.trim())) throw new Invalid('Provided id is not integer');
  return { clusterId: isId(Number(text)) ? Number(text) : -1 };
}

function toOperatorWish(given: JsonObject, principal: Principal, secrets: SecretBox): NodeWish {
  const reach = toReach(given, principal, secrets);
  return { ...toNodeWish(given), ...reach };
}

function toNodeWish(given: JsonObject): NodeWish {
  const body = readFields(NodeBody, given);
  return {
    ...reportOf(body),
    name: body.name,
    fqdn: body.fqdn,
    hostname: body.hostname,
    kernelParams: body.kernel_params,
    progress: body.progress,
    roles: body.roles && [...new Set(body.roles)],
    pendingRoles: body.pending_roles && [...new Set(body.pending_roles)],
    pendingAddition: body.pending_addition,
    pendingDeletion: body.pending_deletion,
    errorType: body.error_type,
    errorMsg: body.error_msg,
    online: body.online,
    clusterId: body.cluster_id === undefined ? body.cluster : body.cluster_id,
    groupId: body.group_id,
    labels: body.labels,
  };
}

function toReport(given: JsonObject): NodeWish {
  return reportOf(readFields(ReportBody, given));
}

function reportOf(body: ReportBody): NodeWish {
  return {
    status: body.status,
    ip: body.ip,
    manufacturer: body.manufacturer,
    platformName: body.platform_name,
    osPlatform: body.os_platform,
    uuid: body.uuid,
    agentChecksum: body.agent_checksum,
    meta: body.meta === undefined || body.meta === null ? undefined : toMeta(body.meta),
  };
}

function macOf(given: unknown): string {
  const mac = normaliseMac(given);
  if (mac === null) throw new Invalid('Invalid MAC is specified');
  return mac;
}

function idOf(given: unknown): number {
  const number = typeof given === 'string' && /^\d+$/.test(given) ? Number(given) : given;
  if (!isId(number)) throw new Invalid('Invalid ID specified');
  return number;
}

/** Of a parameter given twice, the last counts, as in web.py. */
function lastOf(query: unknown): string | undefined {
  const last: unknown = Array.isArray(query) ? query.at(-1) : query;
  return typeof last === 'string' ? last : undefined;
}
