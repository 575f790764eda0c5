import type { StepRecord } from './step.js';
import { verdictOf } from './step-end.js';
import type { StepEnd } from './step-call.js';

function step(extra: Partial<StepRecord> = {}): StepRecord {
  return {
    name: 'Activation',
    kind: 'activation',
    phase: 'activating',
    config: {},
    timeoutS: 60,
    retries: 2,
    retryDelayS: 1,
    status: 'running',
    ...extra,
  };
}

const SENT = { sentAt: '2027-01-01T00:00:00.000Z' };
const error = (retryable: boolean): StepEnd => ({ end: 'error', message: 'it broke', retryable });

describe('verdictOf', () => {
  it('retries a retryable failure as often as the step allows, then fails', () => {
    expect(verdictOf(error(true), step({ tries: 1 }), false, 50_000)).toMatchObject({ to: 'again', freeLimits: true });
    expect(verdictOf(error(true), step({ tries: 2 }), false, 50_000)).toEqual({
      to: 'failed',
      message: 'it broke',
      unknown: false,
    });
    expect(verdictOf(error(false), step(), false, 50_000)).toMatchObject({ to: 'failed', unknown: false });
  });

  it('asks the target after an error that came when the act was announced', () => {
    expect(verdictOf(error(false), step(SENT), false, 50_000)).toMatchObject({ to: 'call', settled: false });
    expect(verdictOf(error(true), step(SENT), false, 50_000)).toMatchObject({ to: 'call', settled: false });
    expect(verdictOf({ end: 'timeout' }, step(SENT), false, -1)).toMatchObject({ to: 'call', settled: false });
  });

  it('goes on asking while the target does not answer, and never calls that a failure before the time is over', () => {
    expect(verdictOf(error(true), step(SENT), true, 50_000)).toMatchObject({ to: 'again', freeLimits: false });
    expect(verdictOf(error(true), step(SENT), true, -1)).toMatchObject({ to: 'failed', unknown: true });
    expect(verdictOf({ end: 'timeout' }, step(SENT), true, -1)).toMatchObject({ to: 'failed', unknown: true });
    expect(verdictOf({ end: 'timeout' }, step(), false, -1)).toEqual({
      to: 'failed',
      message: 'Activation timed out after 60 s',
      unknown: false,
    });
  });

  it('leaves the outcome unknown when asking ends in an error that will not go away', () => {
    expect(verdictOf(error(false), step(SENT), true, 50_000)).toEqual({
      to: 'failed',
      message: 'it broke',
      unknown: true,
    });
  });

  it('does an act again only when the target says that it did not happen, and not for ever', () => {
    const notDone: StepEnd = { end: 'outcome', outcome: { outcome: 'not_done', message: 'untouched' } };
    expect(verdictOf(notDone, step(SENT), true, 50_000)).toMatchObject({ to: 'call', settled: true });
    expect(verdictOf(notDone, step({ ...SENT, tries: 2 }), true, 50_000)).toMatchObject({
      to: 'failed',
      unknown: false,
    });
    const refused = step({ ...SENT, state: { error: 'FAILED: not enough space' } });
    expect(verdictOf(notDone, refused, true, 50_000)).toEqual({
      to: 'failed',
      message: 'FAILED: not enough space',
      unknown: false,
    });
  });

  it('never waits longer than the step has time', () => {
    const again: StepEnd = { end: 'outcome', outcome: { outcome: 'again', afterMs: 60_000, waitingFor: 'a reload' } };
    expect(verdictOf(again, step(), false, 1_000)).toMatchObject({ to: 'again', afterMs: 1_000 });
    expect(verdictOf(again, step(SENT), true, 0)).toMatchObject({
      to: 'failed',
      unknown: true,
      message: 'Activation timed out after 60 s: the outcome is unknown; last answer: a reload',
    });
  });
});
