import { Outdated } from './errors.js';

export const ANY_VERSION = 'any';

/** The versions a caller is willing to change, as its `If-Match` says. */
export type ExpectedVersion = typeof ANY_VERSION | readonly number[];

/** To be asked in the transaction that holds the row. Not stated means that the caller does not mind. */
export function assertExpected(expected: ExpectedVersion | undefined, version: number): void {
  if (expected === undefined || expected === ANY_VERSION || expected.includes(version)) return;
  throw new Outdated('It has changed since you looked: its version is another now. Look again and decide again.', {
    current_version: version,
  });
}
