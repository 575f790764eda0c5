import type { BatchOutcome } from './batch-wire.js';

/** What the process ends with. A pipeline may rely on these numbers. */
export const EXIT_CODES = {
  succeeded: 0,
  failed: 1,
  usage: 2,
  halted: 3,
  cancelled: 4,
  timedOut: 5,
  unknown: 6,
} as const;

export type ExitCode = (typeof EXIT_CODES)[keyof typeof EXIT_CODES];

export const EXIT_CODE_TEXTS: readonly (readonly [ExitCode, string])[] = [
  [EXIT_CODES.succeeded, 'succeeded'],
  [EXIT_CODES.failed, 'failed, or the server refused the request'],
  [EXIT_CODES.usage, 'the command was written wrong'],
  [EXIT_CODES.halted, 'halted by a gate'],
  [EXIT_CODES.cancelled, 'cancelled'],
  [EXIT_CODES.timedOut, 'not over within --timeout'],
  [EXIT_CODES.unknown, 'nobody knows: a target or the server gives no answer'],
];

const OF_OUTCOMES: ReadonlyMap<BatchOutcome, ExitCode> = new Map([
  ['succeeded', EXIT_CODES.succeeded],
  ['failed', EXIT_CODES.failed],
  ['halted', EXIT_CODES.halted],
  ['cancelled', EXIT_CODES.cancelled],
  ['unknown', EXIT_CODES.unknown],
]);

/** Only what the server says has succeeded is a success; a word this version does not know is none. */
export function exitCodeOf(outcome: BatchOutcome): ExitCode {
  return OF_OUTCOMES.get(outcome) ?? EXIT_CODES.unknown;
}
