import { storableText } from '../../../orchestration/storable.js';
import { unusableBootBody } from '../../wire/boot-errors.js';

/** What a node says of a boot action (spec drydock section 3). */
export interface StatusReport {
  /** Null: only details, more may come. */
  readonly status: 'success' | 'failure' | null;
  readonly details: readonly StatusDetail[];
}

export interface StatusDetail {
  readonly message: string;
  readonly error: boolean;
  /** Every field that is neither known nor reserved. */
  readonly extra: Readonly<Record<string, unknown>>;
}

const STATUSES: ReadonlyMap<unknown, 'success' | 'failure'> = new Map([
  ['Success', 'success'],
  ['success', 'success'],
  ['Failure', 'failure'],
  ['failure', 'failure'],
]);
const FIELDS: ReadonlySet<string> = new Set(['status', 'details']);
/** The server's own words; what a node says under these names is taken and not believed. */
const RESERVED: ReadonlySet<string> = new Set(['message', 'error', 'context', 'context_type', 'ts']);
const MOST_DETAILS = 256;
const MOST_EXTRA_BYTES = 4 * 1024;
const DEEPEST = 32;

/** Throws a 400 for whatever the contract's schema does not allow. `body` is a parsed JSON value. */
export function readStatusReport(body: unknown): StatusReport {
  if (!isObject(body) || Object.keys(body).some((field) => !FIELDS.has(field))) throw unusableBootBody();
  const { details = [] } = body;
  const status = 'status' in body ? STATUSES.get(body['status']) : null;
  if (status === undefined || !Array.isArray(details) || details.length > MOST_DETAILS) throw unusableBootBody();
  return { status, details: details.map(readDetail) };
}

function readDetail(detail: unknown): StatusDetail {
  if (!isObject(detail)) throw unusableBootBody();
  const { message, error } = detail;
  if (typeof message !== 'string' || typeof error !== 'boolean') throw unusableBootBody();
  const fields = Object.entries(detail).filter(([name]) => !RESERVED.has(name));
  // Before anything walks it: what walks a value must not run out of stack.
  if (!fields.every(([name, value]) => isStorableName(name) && isShallow(value))) throw unusableBootBody();
  const extra = Object.fromEntries(fields);
  if (Buffer.byteLength(JSON.stringify(extra)) > MOST_EXTRA_BYTES) throw unusableBootBody();
  return { message: storableText(message), error, extra };
}

function isShallow(value: unknown): boolean {
  let level = [value];
  for (let depth = 0; level.length > 0; depth += 1) {
    if (depth > DEEPEST) return false;
    const containers = level.filter((one) => typeof one === 'object' && one !== null) as object[];
    if (containers.some((one) => !Array.isArray(one) && !Object.keys(one).every(isStorableName))) return false;
    level = containers.flatMap((one) => Object.values(one) as unknown[]);
  }
  return true;
}

function isStorableName(name: string): boolean {
  return storableText(name) === name;
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
