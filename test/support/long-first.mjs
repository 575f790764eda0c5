import Sequencer from '@jest/test-sequencer';

/** Specs that start processes and wait for them to be missed: they take longest, and several at once get in each other's way. */
const LONG = ['/test/e2e/', '/test/dialects/nodepool/', '/test/orchestration/recovery', '/test/database/'];

/**
 * Spreads the long specs evenly over the run, beginning with one: so that few of them run at the same time, and none is
 * left for the end when only one worker has work.
 */
export default class LongFirst extends Sequencer {
  sort(tests) {
    const sorted = super.sort(tests);
    const isLong = ({ path }) => LONG.some((part) => path.includes(part));
    const long = sorted.filter(isLong);
    const short = sorted.filter((test) => !isLong(test));
    const between = Math.max(1, Math.floor(short.length / (long.length + 1)));
    const spread = long.flatMap((test) => [test, ...short.splice(0, between)]);
    return [...spread, ...short];
  }
}
