import { setImmediate as turn } from 'node:timers/promises';
import { Throttled } from '../common/errors.js';
import { FailureGate } from './failure-gate.js';

describe('the gate for failures', () => {
  const wrong = async (): Promise<null> => {
    await turn();
    return null;
  };
  const right = async (): Promise<string> => {
    await turn();
    return 'in';
  };
  const outcome = (attempt: Promise<unknown>): Promise<unknown> =>
    attempt.catch((error: unknown) => (error instanceof Throttled ? 'throttled' : error));

  it('never runs more attempts than may fail, however many come at once', async () => {
    const gate = new FailureGate(3, 60);
    let ran = 0;
    const outcomes = await Promise.all(
      Array.from({ length: 40 }, () =>
        outcome(
          gate.attempt('k', () => {
            ran += 1;
            return wrong();
          }),
        ),
      ),
    );
    expect(ran).toBe(3);
    expect(outcomes.filter((each) => each === 'throttled')).toHaveLength(37);
  });

  it('lets all right ones through, and wrong ones of others do not matter', async () => {
    const gate = new FailureGate(2, 60);
    const all = Array.from({ length: 40 }, (_, index) =>
      index % 2 ? outcome(gate.attempt('right', right)) : outcome(gate.attempt('wrong', wrong)),
    );
    const outcomes = await Promise.all(all);
    expect(outcomes.filter((each) => each === 'in')).toHaveLength(20);
    expect(outcomes.filter((each) => each === null)).toHaveLength(2);
  });

  it('says how long to wait', async () => {
    const gate = new FailureGate(1, 60);
    await gate.attempt('k', wrong);
    await expect(gate.attempt('k', right)).rejects.toMatchObject({ retryAfterSeconds: 60 });
  });

  it('forgets failures at a success', async () => {
    const gate = new FailureGate(2, 60);
    for (let round = 0; round < 5; round += 1) {
      expect(await gate.attempt('k', wrong)).toBeNull();
      expect(await gate.attempt('k', right)).toBe('in');
    }
  });

  it('counts an attempt that broke neither way and goes on', async () => {
    const gate = new FailureGate(1, 60);
    const broken = () => Promise.reject(new Error('database away'));
    const outcomes = await Promise.all([1, 2, 3].map(() => outcome(gate.attempt('k', broken))));
    expect(outcomes).toEqual([expect.any(Error), expect.any(Error), expect.any(Error)]);
    expect(await gate.attempt('k', right)).toBe('in');
  });

  it('opens again when the window is over', async () => {
    const gate = new FailureGate(1, 0.05);
    await gate.attempt('k', wrong);
    expect(await outcome(gate.attempt('k', right))).toBe('throttled');
    const deadline = Date.now() + 5000;
    let last = await outcome(gate.attempt('k', right));
    while (last === 'throttled' && Date.now() < deadline) {
      await turn();
      last = await outcome(gate.attempt('k', right));
    }
    expect(last).toBe('in');
  });
});
