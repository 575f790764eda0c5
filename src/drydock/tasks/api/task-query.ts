import { Invalid } from '../../../common/errors.js';
import { isTaskId } from '../task-id.js';

export type Query = Readonly<Record<string, unknown>>;

const TRUE = new Set(['true', 't', 'yes', 'y', '1', 'on']);
const FALSE = new Set(['false', 'f', 'no', 'n', '0', 'off']);
const DEFAULT_DAYS = 90;
const MOST_DAYS = 36_500;

/** Python's clients send `True`: Falcon's words, in any case. Anything else is a 400. */
export function toFlag(query: Query, name: string): boolean {
  const raw = query[name];
  if (raw === undefined) return false;
  const word = typeof raw === 'string' ? raw.toLowerCase() : '';
  if (TRUE.has(word)) return true;
  if (FALSE.has(word)) return false;
  throw new Invalid(`The query parameter ${name} must be true or false`);
}

/** The task that is meant, if one is named. */
export function toTaskId(query: Query): string | undefined {
  const raw = query['task'];
  if (raw === undefined) return undefined;
  if (typeof raw === 'string' && isTaskId(raw)) return raw;
  throw new Invalid('The query parameter task must be the id of a task');
}

/** How many layers to show: 0 is none of it, infinity all (spec drydock section 4.3: what is no number counts as absent). */
export function toLayers(query: Query): number {
  const raw = query['layers'];
  if (typeof raw !== 'string' || !/^\s*[+-]?\d{1,9}\s*$/.test(raw)) return 0;
  const layers = Number(raw);
  return layers === -1 ? Infinity : Math.max(layers, 0);
}

export function toDays(query: Query): number {
  const raw = query['days'];
  if (raw === undefined || raw === '') return DEFAULT_DAYS;
  const days = typeof raw === 'string' && /^\d{1,5}$/.test(raw) ? Number(raw) : NaN;
  if (!(days <= MOST_DAYS)) throw new Invalid(`The query parameter days must be a whole number from 0 to ${MOST_DAYS}`);
  return days;
}
