import { Invalid, Refused } from '../common/errors.js';
import type { Release } from '../releases/release.entity.js';

/** A cluster's settings: groups of named settings, as its release offers them (spec fuel section 3.8). Pure. */
export interface ClusterAttributes {
  readonly editable: Readonly<Record<string, unknown>>;
}

/** Ours: how many nodes are patched at the same time. It is asked at every upgrade, so it may be changed at any time. */
const OWN_GROUP = 'slipway';
const MOST_PARALLEL = 1000;

export function defaultAttributes({ attributesMetadata }: Pick<Release, 'attributesMetadata'>): ClusterAttributes {
  return { editable: record(attributesMetadata['editable']) ?? {} };
}

export function attributesOf(stored: Record<string, unknown>): ClusterAttributes {
  return { editable: record(stored['editable']) ?? {} };
}

/** What a cluster's attributes become; refuses what is not theirs, and changes after the first deployment. */
export function changedAttributes(
  stored: Record<string, unknown>,
  body: Readonly<Record<string, unknown>>,
  isLocked: boolean,
): ClusterAttributes {
  if (Object.hasOwn(body, 'generated')) throw new Invalid('It is not allowed to update generated attributes');
  const editable = Object.hasOwn(body, 'editable') ? record(body['editable']) : attributesOf(stored).editable;
  if (editable === undefined) throw new Invalid('Editable attributes should be a dictionary');
  assertParallel(editable);
  const isOwnOnly = same(withoutOwn(editable), withoutOwn(attributesOf(stored).editable));
  if (isLocked && !isOwnOnly) {
    throw new Refused("Environment attributes can't be changed after, or in deploy.", { code: 'locked' });
  }
  return { editable };
}

/** Nodes patched at the same time, where the cluster says so. */
export function parallelOf(stored: Record<string, unknown>): number | null {
  const value = parallelIn(attributesOf(stored).editable);
  return isParallel(value) ? value : null;
}

function assertParallel(editable: Readonly<Record<string, unknown>>): void {
  const value = parallelIn(editable);
  if (value === undefined || value === null || isParallel(value)) return;
  throw new Invalid(`editable.${OWN_GROUP}.max_parallel must be a whole number from 1 to ${MOST_PARALLEL}`);
}

/** As `{"value": 3}`, like all of Fuel's settings, or as the number itself. */
function parallelIn(editable: Readonly<Record<string, unknown>>): unknown {
  const setting = record(editable[OWN_GROUP])?.['max_parallel'];
  return record(setting) ? record(setting)!['value'] : setting;
}

function isParallel(value: unknown): value is number {
  return Number.isInteger(value) && (value as number) >= 1 && (value as number) <= MOST_PARALLEL;
}

function withoutOwn(editable: Readonly<Record<string, unknown>>): Record<string, unknown> {
  return Object.fromEntries(Object.entries(editable).filter(([group]) => group !== OWN_GROUP));
}

/** jsonb gives keys back in an order of its own. */
function same(one: unknown, other: unknown): boolean {
  return JSON.stringify(sorted(one)) === JSON.stringify(sorted(other));
}

function sorted(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sorted);
  const fields = record(value);
  if (fields === undefined) return value;
  return Object.fromEntries(
    Object.keys(fields)
      .sort()
      .map((name) => [name, sorted(fields[name])]),
  );
}

function record(value: unknown): Readonly<Record<string, unknown>> | undefined {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
    ? (value as Readonly<Record<string, unknown>>)
    : undefined;
}
