import type { DataSource } from 'typeorm';
import type { ClaimedJob } from './job-claims.js';
import { JobRun } from './job-run.js';
import { JobSaver } from './job-saver.js';
import type { Sql } from './sql.js';
import { setStepStatus, stepRecord, type StepRecord } from './step.js';

const step = (name: string): StepRecord =>
  stepRecord({ name, kind: name, phase: 'p', config: {}, timeoutS: 60, retries: 0, retryDelayS: 0 });

const claimed = (steps: StepRecord[], currentStep = 0): ClaimedJob =>
  ({ id: 1, attempt: 1, workerId: 'w', phase: 'p', steps, currentStep, databaseNow: new Date() }) as ClaimedJob;

describe('JobSaver', () => {
  it('writes the state of the moment, also when a write had to wait for the database', async () => {
    const run = new JobRun(claimed([step('one'), step('two')]));
    setStepStatus(run.step!, 'running', run.now());
    const written: { current: unknown; steps: StepRecord[] }[] = [];
    const sql: Sql = {
      query: (_text: string, values?: unknown[]) => {
        written.push({ current: values![5], steps: JSON.parse(String(values![6])) as StepRecord[] });
        if (written.length > 1) return Promise.resolve([{ id: 1 }] as never);
        // The step ends while its checkpoint waits; the end of a repeatable step is not a write of its own.
        setStepStatus(run.step!, 'success', run.now());
        run.current += 1;
        return Promise.reject(Object.assign(new Error('connect ECONNREFUSED'), { code: 'ECONNREFUSED' }));
      },
    };
    await new JobSaver(null as unknown as DataSource, sql, run).save();
    expect(written.map(({ current, steps }) => [current, steps[0]!.status])).toEqual([
      [0, 'running'],
      [1, 'success'],
    ]);
  });
});

describe('JobRun', () => {
  it('goes on behind the steps that are over, and stays at one that failed its job', () => {
    const [one, two, three] = [step('one'), step('two'), step('three')];
    one.status = 'success';
    two.status = 'failed';
    expect(new JobRun(claimed([one, two, three])).current).toBe(1);
    expect(new JobRun(claimed([one, { ...two, continueOnFailure: true }, three])).current).toBe(2);
    expect(new JobRun(claimed([one, { ...two, continueOnFailure: true, unknown: true }, three])).current).toBe(1);
    expect(new JobRun(claimed([one])).current).toBe(1);
    expect(new JobRun(claimed([step('x'), step('y')], 1)).current).toBe(1);
  });
});
