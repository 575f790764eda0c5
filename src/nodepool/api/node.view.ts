import type { PoolNode } from '../pool-node.entity.js';
import { POOL_STATES, stateName } from '../states.js';

export interface NodeView {
  readonly id: number;
  readonly provider_name: string;
  readonly label_name: string;
  readonly target_name: string;
  readonly hostname: string | null;
  readonly nodename: string | null;
  readonly external_id: string | null;
  readonly az: string | null;
  readonly ip: string | null;
  readonly ip_private: string | null;
  readonly _state: number;
  readonly state_time: number;
  readonly state: string;
  readonly age: number;
  readonly comment: string | null;
  readonly hold_by: string | null;
  readonly hold_expiration: number | null;
  readonly connection_port: number | null;
  readonly last_error: string | null;
}

/** The keys up to `state_time` are the original's (spec nodepool section 1.4), the others ours. Times: seconds since the epoch. */
export function toNodeView(node: PoolNode, context: { readonly now: Date; readonly maxHoldAgeS: number }): NodeView {
  return {
    id: node.id,
    provider_name: node.providerName,
    label_name: node.labelName,
    target_name: node.targetName,
    hostname: node.hostname,
    nodename: node.nodename,
    external_id: node.externalId,
    az: node.az,
    ip: node.ip,
    ip_private: node.ipPrivate,
    _state: node.state,
    state_time: epoch(node.stateTime),
    state: stateName(node.state) ?? String(node.state),
    age: ageOf(node.stateTime, context.now),
    comment: node.comment,
    hold_by: node.holdBy,
    hold_expiration: holdExpiration(node, context.maxHoldAgeS),
    connection_port: node.connectionPort,
    last_error: node.lastError,
  };
}

/** When its hold ends: the earlier of its own time and the pool's `max-hold-age`; null: never. */
function holdExpiration(node: PoolNode, maxHoldAgeS: number): number | null {
  if (node.state !== POOL_STATES.hold) return null;
  const ends = [
    ...(node.holdExpiresAt === null ? [] : [epoch(node.holdExpiresAt)]),
    ...(maxHoldAgeS > 0 ? [epoch(node.stateTime) + Math.ceil(maxHoldAgeS)] : []),
  ];
  return ends.length === 0 ? null : Math.min(...ends);
}

export function epoch(time: Date): number {
  return Math.floor(time.getTime() / 1000);
}

/** Seconds in its state. Clocks differ: never below 0. */
export function ageOf(stateTime: Date, now: Date): number {
  return Math.max(0, epoch(now) - epoch(stateTime));
}
