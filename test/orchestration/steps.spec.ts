import { ActionError } from '../../src/common/errors.js';
import type { StepContext } from '../../src/orchestration/step-handler.js';
import { batch, Bench, job, OK, step, World, type JobRow } from './probe.js';

const broken = (retryable: boolean, message = 'it broke') => new ActionError(message, { code: 'broken', retryable });
const sleep = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));

describe('steps', () => {
  const world = new World();
  let bench: Bench;
  let count = 0;

  beforeAll(async () => {
    bench = await Bench.start(world);
  });
  afterAll(() => bench.close());
  beforeEach(() => {
    world.acts.clear();
    world.checks.clear();
    world.calls.length = 0;
    world.finished.length = 0;
  });

  /** One job with these steps, and its row when it has ended. */
  async function run(...steps: ReturnType<typeof step>[]): Promise<JobRow> {
    count += 1;
    const { id } = await bench.submit(batch([job(`t${count}`, steps)]));
    await bench.ended(id);
    return (await bench.jobs(id))[0]!;
  }

  /** What was called for the latest job. */
  const calls = () => world.calls.map((call) => call.replace(`:t${count}`, ''));

  const logs = async (jobId: number): Promise<string[]> => {
    const rows = await bench.sql.query<{ text: string }[]>('select text from job_logs where job_id = $1 order by id', [
      jobId,
    ]);
    return rows.map(({ text }) => text);
  };

  describe('that fail', () => {
    it('are tried again after growing delays, as often as they may', async () => {
      const at: number[] = [];
      world.on('one', async () => {
        at.push(Date.now());
        if (at.length < 3) throw broken(true);
        return OK;
      });
      const row = await run(step('one', { retries: 3, retryDelayS: 0.2 }), step('two'));
      expect(row).toMatchObject({ status: 'succeeded', attempt: 3, steps: [{ status: 'success', tries: 2 }, {}] });
      expect(calls()).toEqual(['one', 'one', 'one', 'two']);
      expect(at[1]! - at[0]!).toBeGreaterThanOrEqual(190);
      expect(at[2]! - at[1]!).toBeGreaterThanOrEqual(390);
    });

    it('fail their job when the tries are used up', async () => {
      world.on('one', () => Promise.reject(broken(true)));
      const row = await run(step('one', { retries: 1 }), step('two'));
      expect(row).toMatchObject({
        status: 'failed',
        reason: 'it broke',
        progress: 50,
        steps: [{ status: 'failed', message: 'it broke', tries: 1 }, { status: 'pending' }],
      });
      expect(calls()).toEqual(['one', 'one']);
      expect(world.finished).toMatchObject([{ id: row.id, status: 'failed' }]);
    });

    it('are not tried again when that would not help, nor after a mistake of the handler', async () => {
      world.on('one', () => Promise.reject(broken(false)));
      expect(await run(step('one', { retries: 3 }))).toMatchObject({ status: 'failed', reason: 'it broke' });
      world.on('one', () => Promise.reject(new TypeError('x is not a function')));
      expect(await run(step('one', { retries: 3 }))).toMatchObject({ status: 'failed', reason: 'x is not a function' });
      expect(world.calls).toHaveLength(2);
    });

    it('may throw what is no error at all, also before they return a promise', async () => {
      const thrown: unknown = 'just text';
      world.on('one', async () => {
        throw thrown;
      });
      expect(await run(step('one'))).toMatchObject({ status: 'failed', reason: 'just text' });
      world.on('one', () => {
        throw thrown;
      });
      expect(await run(step('one'))).toMatchObject({ status: 'failed', reason: 'just text' });
      world.on('one', async () => undefined as never);
      expect(await run(step('one'))).toMatchObject({ status: 'succeeded' });
    });

    it('do not end a job that may go on without them', async () => {
      world.on('one', () => Promise.reject(broken(false)));
      const row = await run(step('one', { continueOnFailure: true }), step('two'));
      expect(row).toMatchObject({ status: 'succeeded', progress: 100 });
      expect(row.steps).toMatchObject([{ status: 'failed', message: 'it broke' }, { status: 'success' }]);
    });
  });

  describe('that end the job early or are passed over', () => {
    it('finished: the rest is skipped and the job has succeeded', async () => {
      world.on('one', async () => ({ outcome: 'finished', message: 'nothing to do', result: { version: '2' } }));
      const row = await run(step('one'), step('two'), step('three'));
      expect(row).toMatchObject({ status: 'succeeded', progress: 100 });
      expect(row.steps.map(({ status, message }) => [status, message])).toEqual([
        ['success', 'nothing to do'],
        ['skipped', 'nothing to do'],
        ['skipped', 'nothing to do'],
      ]);
      expect(calls()).toEqual(['one']);
      expect(world.finished[0]?.steps[0]?.result).toEqual({ version: '2' });
    });

    it('skip: planned to be passed over, also when nothing else is left', async () => {
      const row = await run(step('one', { skip: 'not wanted' }), step('two'), step('three', { skip: 'not wanted' }));
      expect(row).toMatchObject({ status: 'succeeded', progress: 100 });
      expect(row.steps.map(({ status }) => status)).toEqual(['skipped', 'success', 'skipped']);
      expect(await run(step('one', { skip: 'no' }))).toMatchObject({ status: 'succeeded', progress: 100 });
      expect(world.calls).toHaveLength(1);
    });
  });

  describe('that take too long', () => {
    it('fail by their time-out although the handler ignores its signal, and what it does later counts for nothing', async () => {
      let late: Promise<unknown> = Promise.resolve();
      world.on('one', (context) => {
        late = sleep(700).then(async () => {
          context.log('too late');
          context.keep({ kind: 'pre', name: 'late', content: 'x' });
          return context.remember({ late: true }).catch((error: unknown) => error);
        });
        return late.then(() => OK);
      });
      const row = await run(step('one', { timeoutS: 0.3 }), step('two'));
      expect(row).toMatchObject({ status: 'failed', reason: 'one timed out after 0.3 s' });
      expect(await late).toBeInstanceOf(Error);
      expect(await logs(row.id)).not.toContain('too late');
      expect(await bench.sql.query('select 1 from job_artifacts where job_id = $1', [row.id])).toEqual([]);
      expect((await bench.jobs(await batchOf(row.id)))[0]).toEqual(row);
    });

    it('tell the handler by its signal', async () => {
      let told = false;
      world.on('one', ({ signal }) => {
        const aborted = new Promise((resolve) => signal.addEventListener('abort', resolve, { once: true }));
        return aborted.then(() => {
          told = true;
          return OK;
        });
      });
      expect(await run(step('one', { timeoutS: 0.2 }))).toMatchObject({ status: 'failed' });
      expect(told).toBe(true);
    });

    it('count their waits too', async () => {
      world.on('one', async () => ({ outcome: 'again', afterMs: 100, waitingFor: 'the moon' }));
      const row = await run(step('one', { timeoutS: 4 }));
      expect(row).toMatchObject({ status: 'failed', reason: 'one timed out after 4 s' });
      expect(calls().length).toBeGreaterThan(1);
    });
  });

  describe('that cannot be taken back', () => {
    const announceThenThrow = (retryable: boolean) => async (context: StepContext<unknown>) => {
      await context.beforeIrreversible({ mark: 7 });
      throw broken(retryable, 'the line went dead');
    };

    it.each([true, false])('are asked about after an error, and not done again (retryable: %s)', async (retryable) => {
      world.on('one', announceThenThrow(retryable));
      world.checks.set('one', async ({ step: { state } }) => ({
        outcome: 'success',
        message: `mark ${state?.['mark']}`,
      }));
      const row = await run(step('one', { retries: 3 }), step('two'));
      expect(row).toMatchObject({ status: 'succeeded', steps: [{ status: 'success', message: 'mark 7' }, {}] });
      expect(calls()).toEqual(['one', 'check one', 'two']);
    });

    it('fail when the target says so', async () => {
      world.on('one', announceThenThrow(true));
      world.checks.set('one', async () => ({ outcome: 'failed', message: 'wrong version' }));
      const row = await run(step('one', { retries: 3 }));
      expect(row).toMatchObject({ status: 'failed', reason: 'wrong version' });
      expect(row.steps[0]!.unknown).toBeUndefined();
      expect(calls()).toEqual(['one', 'check one']);
    });

    it('are done once more when the target says that nothing happened', async () => {
      world.on('one', async (context) => {
        await context.beforeIrreversible();
        if (world.calls.length === 1) throw broken(true);
        return OK;
      });
      world.checks.set('one', async () => ({ outcome: 'not_done', message: 'untouched' }));
      const row = await run(step('one', { retries: 1 }));
      expect(row).toMatchObject({ status: 'succeeded' });
      expect(calls()).toEqual(['one', 'check one', 'one']);
    });

    it('are not done for ever', async () => {
      world.on('one', announceThenThrow(true));
      world.checks.set('one', async () => ({ outcome: 'not_done', message: 'untouched' }));
      const row = await run(step('one', { retries: 1 }));
      expect(row).toMatchObject({ status: 'failed', reason: 'untouched; given up after 1 retries' });
      expect(calls()).toEqual(['one', 'check one', 'one', 'check one']);
    });

    it('fail with the error itself when it was definite and the target says that nothing happened', async () => {
      world.on('one', announceThenThrow(false));
      world.checks.set('one', async () => ({ outcome: 'not_done', message: 'untouched' }));
      const row = await run(step('one', { retries: 3 }));
      expect(row).toMatchObject({ status: 'failed', reason: 'the line went dead' });
      expect(calls()).toEqual(['one', 'check one']);
    });

    it('are unknown when nobody answers until the time is over', async () => {
      world.on('one', announceThenThrow(true));
      world.checks.set('one', async () => ({ outcome: 'again', afterMs: 50, waitingFor: 'the device' }));
      const row = await run(step('one', { timeoutS: 4 }), step('two'));
      expect(row).toMatchObject({
        status: 'failed',
        steps: [{ status: 'failed', unknown: true }, { status: 'pending' }],
      });
      expect(row.reason).toBe('one timed out after 4 s: the outcome is unknown; last answer: the device');
      expect(calls().filter((call) => call === 'one')).toHaveLength(1);
      expect(calls().filter((call) => call === 'check one').length).toBeGreaterThan(1);
    });

    it('are asked about again when asking itself goes wrong, unless it never will go well', async () => {
      world.on('one', announceThenThrow(true));
      world.checks.set('one', async () => {
        if (world.calls.length < 4) throw broken(true, 'no answer');
        return OK;
      });
      expect(await run(step('one'))).toMatchObject({ status: 'succeeded' });
      expect(calls()).toEqual(['one', 'check one', 'check one', 'check one']);

      world.checks.set('one', () => Promise.reject(broken(false, 'bad password')));
      const row = await run(step('one', { continueOnFailure: true }), step('two'));
      expect(row).toMatchObject({ status: 'failed', reason: 'bad password' });
      expect(row.steps).toMatchObject([{ status: 'failed', unknown: true }, { status: 'pending' }]);
    });

    it('are asked about once more when their time is over before the act answered', async () => {
      world.on('one', async (context) => {
        await context.beforeIrreversible();
        return new Promise(() => undefined);
      });
      const row = await run(step('one', { timeoutS: 0.4 }));
      expect(row).toMatchObject({ status: 'succeeded', steps: [{ status: 'success' }] });
      expect(calls()).toEqual(['one', 'check one']);
    });

    it('cannot be announced by a handler whose time is over', async () => {
      let refusal: unknown = null;
      let settled = (): void => undefined;
      const end = new Promise<void>((resolve) => (settled = resolve));
      world.on('one', async (context) => {
        await sleep(500);
        refusal = await context.beforeIrreversible().catch((error: unknown) => error);
        settled();
        return OK;
      });
      expect(await run(step('one', { timeoutS: 0.2 }))).toMatchObject({ status: 'failed' });
      await end;
      expect(refusal).toBeInstanceOf(Error);
    });
  });

  describe('what is seen from outside', () => {
    it('progress never goes down, whatever the steps report', async () => {
      await bench.sql.query('create table seen (n serial, job_id integer, progress integer)');
      await bench.sql.query(`create function see() returns trigger language plpgsql as $$
        begin insert into seen (job_id, progress) values (new.id, new.progress); return new; end $$`);
      await bench.sql.query('create trigger see after update on jobs for each row execute function see()');
      world.on('two', async ({ progress, remember }) => {
        for (const part of [0.2, 0.8, 0.4, -1, Number.NaN, 0.1]) {
          progress(part);
          await remember({ part });
        }
        if (world.calls.length < 3) throw broken(true);
        return OK;
      });
      const row = await run(step('one'), step('two', { measured: true, retries: 2 }), step('three'));
      const seen = await bench.sql.query<{ progress: number }[]>(
        'select progress from seen where job_id = $1 order by n',
        [row.id],
      );
      const values = seen.map(({ progress }) => progress);
      expect(values).toEqual([...values].sort((a, b) => a - b));
      expect(values).toEqual(expect.arrayContaining([33, 40, 60, 100]));
      await bench.sql.query('drop trigger see on jobs');
    });

    it('log lines are kept in order, an artifact of the same name is replaced', async () => {
      world.on('one', async ({ log, keep }) => {
        keep({ kind: 'pre', name: 'show version', content: `${world.calls.length}` });
        for (let line = 0; line < 3; line += 1) log(`try ${world.calls.length} line ${line}`);
        log('a NUL \u0000 and a \ud800 half', 'warning');
        if (world.calls.length === 1) throw broken(true);
        return OK;
      });
      const row = await run(step('one', { retries: 1 }));
      expect(row.status).toBe('succeeded');
      const lines = (await logs(row.id)).filter((text) => text.startsWith('try '));
      expect(lines).toEqual([1, 2].flatMap((n) => [0, 1, 2].map((line) => `try ${n} line ${line}`)));
      expect(
        await bench.sql.query('select kind, name, content from job_artifacts where job_id = $1', [row.id]),
      ).toEqual([{ kind: 'pre', name: 'show version', content: '2' }]);
    });

    it('a job of an unknown kind is refused when it is made, and fails with the reason when it is run', async () => {
      await expect(bench.submit(batch([job('x')], { kind: 'ghost' }))).rejects.toThrow('jobs of kind ghost');
      await expect(bench.submit(batch([job('x', [step('nine')])]))).rejects.toThrow('steps of kind nine');
      world.on('one', async () => {
        await bench.sql.query(`update jobs set kind = 'ghost' where status = 'pending'`);
        return OK;
      });
      const { id } = await bench.submit(batch([job('k1', [step('one')]), job('k2')], { mode: 'sequential' }));
      expect(await bench.ended(id)).toBe('failed');
      expect((await bench.jobs(id))[1]).toMatchObject({
        status: 'failed',
        reason: 'No handler is registered for jobs of kind ghost',
        steps: [{ status: 'failed' }, { status: 'pending' }],
      });
    });
  });

  async function batchOf(jobId: number): Promise<string> {
    const [row] = await bench.sql.query<{ batch_id: string }[]>('select batch_id from jobs where id = $1', [jobId]);
    return row!.batch_id;
  }
});
