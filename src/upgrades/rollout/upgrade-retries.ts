import { freshSteps, goOnAtFailure } from '../../orchestration/go-on.js';
import type { StepRecord } from '../../orchestration/step.js';

/**
 * How an upgrade that failed is tried again: from the step that failed. One whose post-checks took the device back to its
 * old version has nothing to go on from, and begins anew.
 */
export function retriedSteps(steps: readonly StepRecord[]): StepRecord[] {
  if (steps.some(({ kind, state }) => kind === 'postcheck' && state?.['loss'] !== undefined)) return freshSteps(steps);
  return goOnAtFailure(steps).map((step) => (step.kind === 'postcheck' ? withoutLosses(step) : step));
}

/** Its neighbours get the whole time to come back once more. */
function withoutLosses({ state, ...step }: StepRecord): StepRecord {
  const { lossSeenAt: _seen, ...kept } = state ?? {};
  return Object.keys(kept).length > 0 ? { ...step, state: kept } : step;
}
