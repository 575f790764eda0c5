import type { BatchKind, JobStatus } from './upgrade-rows.js';
import { findProblems, type SwitchEnd } from './verdict.js';

const DUE = new Date('2026-03-01T10:00:00Z');
const at = (seconds: number): string => new Date(DUE.getTime() + seconds * 1000).toISOString();

function end(batch: BatchKind, job: Partial<JobStatus> = {}, rest: Partial<SwitchEnd> = {}): SwitchEnd {
  const well: JobStatus = {
    id: 1,
    device: 1,
    device_hostname: 'sw1',
    status: 'success',
    progress: 100,
    current_step: 'Completed',
    error: null,
    started_at: at(1),
    finished_at: at(5),
  };
  return { row: { batch, job: { ...well, ...job } }, version: '17.9.4a', reloads: 1, ...rest };
}

const problems = (...ends: SwitchEnd[]): string[] => findProblems(ends, '17.09.04a', DUE);

describe('what the demo finds wrong', () => {
  it('is nothing where every switch reloaded once into the new version, one after the other', () => {
    const second = end('sequential', { device_hostname: 'sw2', started_at: at(5), finished_at: at(9) });
    expect(problems(end('sequential'), second, end('parallel', { started_at: at(-3) }))).toEqual([]);
  });

  it('names the step and the reason of an upgrade that failed', () => {
    const failed = end('parallel', { status: 'failed', current_step: 'Distribution', error: 'checksum mismatch' });
    expect(problems(failed)).toEqual(['sw1: the upgrade is failed at Distribution: checksum mismatch']);
  });

  it('is a success that the inventory or the switch itself contradicts', () => {
    expect(problems(end('parallel', {}, { version: '17.06.05' }))).toEqual([
      'sw1: the inventory says 17.06.05, not 17.09.04a',
    ]);
    expect(problems(end('parallel', {}, { version: null, reloads: 0 }))).toEqual([
      'sw1: the inventory says nothing, not 17.09.04a',
      'sw1: reloaded 0 times, not once',
    ]);
    expect(problems(end('parallel', {}, { reloads: 2 }))).toEqual(['sw1: reloaded 2 times, not once']);
  });

  it('is a scheduled upgrade that came early, and one that did not wait for the one before', () => {
    expect(problems(end('sequential', { started_at: at(-1) }))).toEqual(['sw1: started before its time']);
    const second = end('sequential', { device_hostname: 'sw2', started_at: at(4), finished_at: at(9) });
    expect(problems(end('sequential'), second)).toEqual(['sw2: started before sw1 had ended']);
  });
});
