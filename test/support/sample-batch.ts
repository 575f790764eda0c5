import type { BatchDetailAnswer, JobAnswer, WaveAnswer } from '../../src/cli/batch-wire.js';

export const BATCH_ID = '7a0f4c1e-3b0d-4f0e-9a57-2f6f5a8d9c01';

/** A batch of three that runs, as the fleet API answers. */
export function sampleBatch(changes: Partial<BatchDetailAnswer> = {}): BatchDetailAnswer {
  return {
    id: BATCH_ID,
    name: 'nightly',
    dialect: 'upgrade',
    status: 'running',
    outcome: null,
    reason: null,
    jobs_total: 3,
    created_by: 'olga',
    scheduled_for: null,
    started_at: '2027-01-01T00:00:01.000Z',
    paused: false,
    paused_by: null,
    approval: null,
    progress: 40,
    jobs: { succeeded: 1, running: 2 },
    waves: [sampleWave(0, { label: 'canary', status: 'done', jobs_total: 1 }), sampleWave(1, { jobs_total: 2 })],
    ...changes,
  };
}

export function sampleWave(wave: number, changes: Partial<WaveAnswer> = {}): WaveAnswer {
  return { wave, label: '', status: 'open', jobs_total: null, gate: null, ...changes };
}

export function sampleJob(id: number, changes: Partial<JobAnswer> = {}): JobAnswer {
  return {
    wave: 0,
    target: { label: `sw${id}` },
    status: 'succeeded',
    unknown: false,
    reason: null,
    started_at: '2027-01-01T00:00:01.000Z',
    finished_at: '2027-01-01T00:00:03.500Z',
    ...changes,
  };
}
