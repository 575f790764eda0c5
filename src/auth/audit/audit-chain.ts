import { createHash } from 'node:crypto';
import { canonicalJson } from '../../common/canonical-json.js';

/**
 * The arithmetic of the audit chain. A link's hash is SHA-256 over the hash before it, a line end, and the row as JSON
 * with its keys sorted: anybody with an export can calculate it again. Decides only.
 */
export interface AuditRow {
  readonly id: string;
  /** ISO 8601 in UTC, microseconds. */
  readonly at: string;
  readonly user_id: number | null;
  readonly user_name: string;
  readonly address: string;
  readonly user_agent: string;
  readonly source: string;
  readonly action: string;
  readonly object_type: string;
  readonly object_id: string;
  readonly object_repr: string;
  readonly before: unknown;
  readonly after: unknown;
}

/** The columns that make one, of `audit_events e`. */
export const AUDIT_ROW = `e.id::text as id, to_char(e.at at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"') as at,
  e.user_id, e.user_name, e.address, e.user_agent, e.source, e.action, e.object_type, e.object_id, e.object_repr,
  e.before, e.after`;

export interface ChainLink {
  readonly seq: number;
  readonly hash: string;
}

/** What comes before the first link. */
export const CHAIN_START: ChainLink = { seq: 0, hash: '0'.repeat(64) };

/** A link as it is stored, with the row it says it seals: null when that row is gone. */
export interface SealedRow extends ChainLink {
  readonly eventId: string;
  readonly row: AuditRow | null;
}

export type ChainFault = 'missing_link' | 'removed' | 'changed' | 'unsealed' | 'anchor';

export interface ChainProblem {
  readonly fault: ChainFault;
  readonly seq: number | null;
  readonly eventId: string | null;
  readonly detail: string;
}

export function hashOf(previous: string, row: AuditRow): string {
  return createHash('sha256')
    .update(`${previous}\n${canonicalJson(row)}`)
    .digest('hex');
}

export function nextLink(previous: ChainLink, row: AuditRow): ChainLink {
  return { seq: previous.seq + 1, hash: hashOf(previous.hash, row) };
}

/** What is wrong with a link, given the one before it as it is stored: a broken link does not break all after it. */
export function checkLink(previous: ChainLink, sealed: SealedRow): ChainProblem[] {
  const { seq, eventId, row, hash } = sealed;
  const problems: ChainProblem[] = [];
  const at = { seq, eventId };
  if (seq !== previous.seq + 1) {
    const missing = seq - previous.seq - 1;
    problems.push({ ...at, fault: 'missing_link', detail: `${missing} links before this one are missing` });
  }
  if (row === null) {
    problems.push({ ...at, fault: 'removed', detail: `The audit row ${eventId} that was sealed here is gone` });
  } else if (problems.length === 0 && hashOf(previous.hash, row) !== hash) {
    const detail = `The audit row ${eventId} is not what was sealed here: it was changed or moved, or the link before it was`;
    problems.push({ ...at, fault: 'changed', detail });
  }
  return problems;
}
