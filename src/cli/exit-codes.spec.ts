import { EXIT_CODE_TEXTS, EXIT_CODES, exitCodeOf } from './exit-codes.js';

describe('the exit codes', () => {
  it('are the numbers that pipelines rely on', () => {
    expect(EXIT_CODES).toEqual({ succeeded: 0, failed: 1, usage: 2, halted: 3, cancelled: 4, timedOut: 5, unknown: 6 });
    expect(EXIT_CODE_TEXTS.map(([code]) => code)).toEqual([0, 1, 2, 3, 4, 5, 6]);
  });

  it.each([
    ['succeeded', 0],
    ['failed', 1],
    ['halted', 3],
    ['cancelled', 4],
    ['unknown', 6],
  ] as const)('of a batch that is %s is %i', (outcome, code) => {
    expect(exitCodeOf(outcome)).toBe(code);
  });

  it.each(['', 'SUCCEEDED', 'partial', 'toString', '__proto__', 'hasOwnProperty'])(
    'of a word nobody knows (%p) is never a success',
    (word) => {
      expect(exitCodeOf(word as 'failed')).toBe(6);
    },
  );
});
