import { sampleBatch, sampleWave } from '../../test/support/sample-batch.js';
import { batchText, stateOf, waveLine } from './batch-text.js';

const APPROVAL = { needed: 2, approved_at: null };

describe('the text of a batch', () => {
  it('says what it is, how far it is and how its waves are', () => {
    expect(batchText(sampleBatch()).split('\n')).toEqual([
      'batch 7a0f4c1e-3b0d-4f0e-9a57-2f6f5a8d9c01 "nightly", upgrade, by olga',
      '  running',
      '  40 %, 3 targets: 1 succeeded, 2 running',
      '  wave 0 canary: done, 1 target',
      '  wave 1: open, 2 targets',
    ]);
  });

  it.each([
    ['over', { outcome: 'failed', reason: '1 of 3 targets failed' }, 'failed: 1 of 3 targets failed'],
    ['over well', { outcome: 'succeeded' }, 'succeeded'],
    ['paused', { paused: true, paused_by: 'olga' }, 'paused by olga'],
    ['paused by nobody', { paused: true }, 'paused by somebody'],
    ['to be approved', { status: 'scheduled', approval: APPROVAL }, 'waits for approval by 2'],
    ['approved', { approval: { ...APPROVAL, approved_at: '2027-01-01T00:00:00.000Z' } }, 'running'],
    [
      'for later',
      { status: 'scheduled', scheduled_for: '2027-01-02T00:00:00.000Z' },
      'scheduled for 2027-01-02T00:00:00.000Z',
    ],
    // What became of it counts for more than that it was paused when it ended.
    ['paused, and over', { outcome: 'cancelled', paused: true }, 'cancelled'],
  ] as const)('that is %s', (_what, changes, text) => {
    expect(stateOf(sampleBatch(changes))).toBe(text);
  });

  it('says why a gate holds a wave', () => {
    const gate = { verdict: 'HOLD', reason: 'probe was not reported' };
    expect(waveLine(sampleWave(0, { label: 'canary', status: 'holding', gate }))).toBe(
      'wave 0 canary: holding, gate HOLD: probe was not reported',
    );
  });
});
