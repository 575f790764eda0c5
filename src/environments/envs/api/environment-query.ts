import { ENVIRONMENT_STATUSES, type EnvironmentStatus } from '../../records/environment.entity.js';
import { wholeNumber } from '../../wire/genesis-body.js';
import { inputError } from '../../wire/genesis-result.js';
import { isSortField, type EnvironmentOrder } from '../environment-rows.js';

const FILTER = /^statuses\[([^[\]]*)\]$/;
const LONGEST_PAGE = 1_000;
const MOST_MINUTES = 24 * 60;
const LARGEST = 2 ** 31 - 1;

/** `filter=statuses[Ready,Busy]` (spec environments section 2.1). Null: all; an empty list: none. */
export function toStatuses(filter: unknown): EnvironmentStatus[] | null {
  if (filter === undefined || filter === '') return null;
  const names = typeof filter === 'string' ? FILTER.exec(filter)?.[1] : undefined;
  if (names === undefined) throw inputError('Invalid input');
  return names
    .split(',')
    .map((name) => name.trim())
    .filter((name) => name !== '')
    .map(toStatus);
}

/** `filter[a]=b`, as other APIs write an object: the text of another name, which would be passed over. */
export function refuseNestedParameters(query: Readonly<Record<string, unknown>>): void {
  if (Object.keys(query).some((name) => /^(?:filter|sorting)[[.]/.test(name))) throw inputError('Invalid input');
}

function toStatus(name: string): EnvironmentStatus {
  const status = ENVIRONMENT_STATUSES.find((one) => one === name);
  if (status === undefined) throw inputError('Invalid input');
  return status;
}

/** `sorting=~name`: by a field, descending after a `~`. By name when nothing is said. */
export function toOrder(sorting: unknown): EnvironmentOrder {
  if (sorting === undefined) return { field: 'name', descending: false };
  if (typeof sorting !== 'string') throw inputError('Invalid input');
  const descending = sorting.startsWith('~');
  const field = descending ? sorting.slice(1) : sorting;
  if (!isSortField(field)) throw inputError(`Unsupported ordering field '${field}'`);
  return { field, descending };
}

export interface PageWish {
  readonly offset: number;
  readonly length: number;
}

/** `page_offset` counts records, not pages. */
export function toPage(offset: unknown, length: unknown): PageWish {
  return {
    offset: toCount(offset, 0, 0, 'page_offset'),
    length: Math.min(LONGEST_PAGE, toCount(length, LONGEST_PAGE, 1, 'page_length')),
  };
}

/** Minutes as JavaScript's `getTimezoneOffset` counts them; absent or empty: UTC. */
export function toZoneOffset(given: unknown): number {
  if (given === undefined || given === '') return 0;
  const minutes = wholeNumber(given);
  if (minutes === undefined || Math.abs(minutes) > MOST_MINUTES) throw inputError('Invalid value of timezone_offset');
  return minutes;
}

export function toFlag(given: unknown, name: string): boolean {
  if (given === undefined || given === '' || given === 'false') return false;
  if (given !== 'true') throw inputError(`Invalid value of ${name}`);
  return true;
}

function toCount(given: unknown, otherwise: number, least: number, name: string): number {
  if (given === undefined) return otherwise;
  const number = wholeNumber(given);
  if (number === undefined || number < least || number > LARGEST) throw inputError(`Invalid value of ${name}`);
  return number;
}
