import { goOnAtFailure, freshSteps } from './go-on.js';
import type { StepRecord } from './step.js';

function record(name: string, extra: Partial<StepRecord>): StepRecord {
  const spec = {
    name,
    kind: name,
    phase: '',
    config: {},
    timeoutS: 60,
    retries: 1,
    retryDelayS: 1,
    irreversible: true,
  };
  return { ...spec, status: 'pending', ...extra };
}

const SPEC = record('x', {});
const DONE = record('done', { status: 'success', startedAt: 'a', finishedAt: 'b', result: { version: '1' } });
const TIMES = { startedAt: 'a', finishedAt: 'b', message: 'no', tries: 3, losses: 2, fraction: 0.4, result: { a: 1 } };

describe('goOnAtFailure', () => {
  it('keeps what was done and begins the failed step anew, with what it remembered', () => {
    const failed = record('x', { status: 'failed', ...TIMES, state: { offset: 7 }, sentAt: 'now' });
    expect(goOnAtFailure([DONE, failed, record('later', {})])).toEqual([
      DONE,
      { ...SPEC, state: { offset: 7 } },
      record('later', {}),
    ]);
  });

  it('leaves an act announced of which nobody knows what became of it, and forgets the error it was judged by', () => {
    const unknown = record('x', {
      status: 'failed',
      ...TIMES,
      unknown: true,
      sentAt: 'now',
      state: { error: 'no', at: 1 },
    });
    expect(goOnAtFailure([unknown])).toEqual([{ ...SPEC, sentAt: 'now', state: { at: 1 } }]);
  });

  it('passes over a failure after which the job went on, but not over one that is unknown', () => {
    const harmless = record('x', { status: 'failed', continueOnFailure: true });
    const failed = record('y', { status: 'failed' });
    expect(goOnAtFailure([harmless, failed]).map(({ status }) => status)).toEqual(['failed', 'pending']);
    const unknown = { ...harmless, unknown: true, sentAt: 'now' };
    expect(goOnAtFailure([unknown, failed]).map(({ status }) => status)).toEqual(['pending', 'pending']);
  });

  it('begins a job that never started at its beginning', () => {
    expect(goOnAtFailure([SPEC, SPEC])).toEqual([SPEC, SPEC]);
  });
});

describe('freshSteps', () => {
  it('keeps nothing of what was done', () => {
    const sent = record('x', { status: 'success', ...TIMES, unknown: true, sentAt: 'now', state: { at: 1 } });
    expect(freshSteps([sent])).toEqual([SPEC]);
  });
});
