import type { LoggedEvent } from './logged-event.js';

/** Which events somebody wants. What is not stated does not matter; an empty list is not stated. */
export interface EventFilter {
  /** Names, or all of a family: `batch.*`. */
  readonly types?: readonly string[];
  readonly dialects?: readonly string[];
  readonly batchId?: string;
  readonly jobId?: number;
  readonly targetKind?: string;
  readonly targetId?: string;
}

/** What a type, or a pattern of types, looks like. */
export const TYPE_PATTERN = /^(batch|wave|job)\.(\*|[a-z]+(_[a-z]+)*)$/;

export function matches(filter: EventFilter, event: LoggedEvent): boolean {
  return (
    hasType(filter.types, event.type) &&
    isAmong(filter.dialects, event.dialect) &&
    isSame(filter.batchId, event.batchId) &&
    isSame(filter.jobId, event.jobId) &&
    isSame(filter.targetKind, event.targetKind) &&
    isSame(filter.targetId, event.targetId)
  );
}

function hasType(patterns: readonly string[] | undefined, type: string): boolean {
  if (patterns === undefined || patterns.length === 0) return true;
  return patterns.some(
    (pattern) => pattern === type || (pattern.endsWith('.*') && type.startsWith(pattern.slice(0, -1))),
  );
}

function isAmong(wanted: readonly string[] | undefined, value: string): boolean {
  return wanted === undefined || wanted.length === 0 || wanted.includes(value);
}

function isSame<T>(wanted: T | undefined, value: T | null): boolean {
  return wanted === undefined || wanted === value;
}

/** The same for filters that want the same: what is made for one consumer serves all with its key. */
export function filterKey({ types, dialects, batchId, jobId, targetKind, targetId }: EventFilter): string {
  const sorted = (list: readonly string[] | undefined) => [...new Set(list)].sort();
  return JSON.stringify([sorted(types), sorted(dialects), batchId, jobId, targetKind, targetId]);
}

/** Patterns of types for LIKE, in which an underscore stands for any character unless it is escaped. */
export function likePatterns(types: readonly string[]): string[] {
  return types.map((type) => type.replaceAll('_', '\\_').replace(/\.\*$/, '.%'));
}
