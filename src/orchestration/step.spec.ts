import { IllegalTransition } from '../common/errors.js';
import { progressOf, setStepStatus, stepRecord, type StepRecord } from './step.js';
import type { StepStatus } from './states.js';

function steps(statuses: readonly StepStatus[], measured = false): StepRecord[] {
  return statuses.map((status, index) => ({
    ...stepRecord({
      name: `step ${index}`,
      kind: 'any',
      phase: '',
      config: {},
      timeoutS: 1,
      retries: 0,
      retryDelayS: 0,
      measured,
    }),
    status,
  }));
}

describe('progressOf', () => {
  it("is 75 for the documentation's sample", () => {
    expect(progressOf(steps(['success', 'success', 'running', 'pending']))).toBe(75);
  });

  it('counts what a measured step has done of itself', () => {
    const copying = steps(['success', 'running', 'pending', 'pending'], true);
    copying[1]!.fraction = 0.5;
    expect(progressOf(copying)).toBe(37);
  });

  it('is never 100 before the end', () => {
    expect(progressOf(steps(['success', 'skipped', 'warning', 'success']))).toBe(99);
  });
});

describe('setStepStatus', () => {
  it('allows what the table allows and nothing else', () => {
    const [step] = steps(['pending']);
    const now = new Date();
    expect(() => setStepStatus(step!, 'success', now)).toThrow(IllegalTransition);
    setStepStatus(step!, 'running', now);
    setStepStatus(step!, 'failed', now, 'why');
    expect(step).toMatchObject({ status: 'failed', message: 'why', startedAt: now.toISOString() });
    expect(() => setStepStatus(step!, 'running', now)).toThrow(IllegalTransition);
  });
});
