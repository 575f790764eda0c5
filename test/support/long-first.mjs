import Sequencer from '@jest/test-sequencer';

/** The specs that wait longest begin first, so that none of them is left for the end when only one worker has work. */
const LONG = ['/test/e2e/', '/test/database/', '/test/orchestration/', '/test/dialects/nodepool/'];

export default class LongFirst extends Sequencer {
  sort(tests) {
    const rank = ({ path }) => LONG.findIndex((part) => path.includes(part)) >>> 0;
    return [...super.sort(tests)].sort((one, other) => rank(one) - rank(other));
  }
}
