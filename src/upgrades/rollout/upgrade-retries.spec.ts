import type { StepRecord } from '../../orchestration/step.js';
import { retriedSteps } from './upgrade-retries.js';

function step(kind: string, status: StepRecord['status'], extra: Partial<StepRecord> = {}): StepRecord {
  const spec = { name: kind, kind, phase: '', config: {}, timeoutS: 60, retries: 1, retryDelayS: 1 };
  return { ...spec, status, ...extra };
}

const BEFORE = [
  step('distribution', 'success'),
  step('activation', 'success', { state: { baseline: { version: '1' } } }),
];

describe('retriedSteps', () => {
  it('goes on at post-checks that found losses, and gives the neighbours their whole time again', () => {
    const failed = step('postcheck', 'failed', { state: { lossSeenAt: 5, other: 1 } });
    expect(retriedSteps([...BEFORE, failed])).toEqual([
      ...BEFORE,
      step('postcheck', 'pending', { state: { other: 1 } }),
    ]);
    const onlySeen = step('postcheck', 'failed', { state: { lossSeenAt: 5 } });
    expect(retriedSteps([...BEFORE, onlySeen])).toEqual([...BEFORE, step('postcheck', 'pending')]);
  });

  it('begins anew when they took the device back to its old version', () => {
    const rolledBack = step('postcheck', 'failed', { state: { loss: 'no neighbours' }, sentAt: 'now' });
    expect(retriedSteps([...BEFORE, rolledBack])).toEqual([
      step('distribution', 'pending'),
      step('activation', 'pending'),
      step('postcheck', 'pending'),
    ]);
  });
});
