import { firstUnfinished, stepRecord, type StepRecord, type StepSpec } from './step.js';

/**
 * The steps of a job that goes on where another one failed. What that one had done keeps its record and is not done again.
 * The failed step is begun anew with what it remembered; one that had announced what cannot be taken back and of which
 * nobody knows what became of it stays announced, so that its target is asked before anything else.
 */
export function goOnAtFailure(steps: readonly StepRecord[]): StepRecord[] {
  const failed = firstUnfinished(steps, 0);
  return steps.map((step, index) => {
    if (index < failed) return step;
    const again = stepRecord(specOf(step));
    return index === failed ? { ...again, ...remembered(step) } : again;
  });
}

/** The same steps for a job that does all of it once more. */
export function freshSteps(steps: readonly StepRecord[]): StepRecord[] {
  return steps.map((step) => stepRecord(specOf(step)));
}

function remembered({ state, sentAt, unknown }: StepRecord): Pick<StepRecord, 'state' | 'sentAt'> {
  // An error that was kept to be the verdict if the target turns out to be untouched: it is no verdict on the next try.
  const { error: _error, ...kept } = state ?? {};
  return {
    ...(Object.keys(kept).length > 0 ? { state: kept } : {}),
    ...(unknown && sentAt !== undefined ? { sentAt } : {}),
  };
}

function specOf(step: StepRecord): StepSpec {
  const {
    status: _status,
    startedAt: _startedAt,
    finishedAt: _finishedAt,
    message: _message,
    fraction: _fraction,
    tries: _tries,
    sentAt: _sentAt,
    unknown: _unknown,
    losses: _losses,
    state: _state,
    result: _result,
    ...spec
  } = step;
  return spec;
}
