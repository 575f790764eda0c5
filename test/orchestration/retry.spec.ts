import { SYSTEM_PRINCIPAL } from '../../src/auth/principal.js';
import { BatchRetriesService, type RetriedTargets } from '../../src/orchestration/batch-retries.service.js';
import { ActionError } from '../../src/common/errors.js';
import { batch, Bench, gate, gated, job, OK, step, World } from './probe.js';

let world: World;
let bench: Bench;
const failing = new Set<string>();

beforeAll(async () => {
  world = new World();
  world.on('one', async (context) => {
    context.keep({ kind: 'pre', name: 'snapshot', content: `of ${context.job.label}` });
    return OK;
  });
  world.on('two', async (context) => {
    await context.remember({ tries: Number(context.step.state?.['tries'] ?? 0) + 1 });
    if (failing.has(context.job.label)) return { outcome: 'failed', message: 'no' };
    return { outcome: 'success', result: { tries: context.step.state?.['tries'] } };
  });
  bench = await Bench.start(world, { config: { workerConcurrency: 4 } });
});
afterAll(() => bench.close());

beforeEach(() => {
  failing.clear();
  world.checks.clear();
  world.calls.length = 0;
});

function retry(id: string, targets: RetriedTargets = 'failed', expected?: readonly number[]) {
  const service = bench.app.app.get(BatchRetriesService, { strict: false });
  return bench.sql.transaction((tx) =>
    service.retry(tx, { id, by: 'anna', expected }, { targets, by: { ...SYSTEM_PRINCIPAL, username: 'anna' } }),
  );
}

describe('trying a batch again', () => {
  it('takes the failed targets only, each from the step that failed, with what that remembered', async () => {
    failing.add('b');
    const steps = [step('one'), step('two'), step('three')];
    const { id, jobIds } = await bench.submit(batch(['a', 'b', 'c'].map((label) => job(label, steps))));
    expect(await bench.ended(id)).toBe('failed');
    failing.clear();
    world.calls.length = 0;

    const again = await retry(id);
    expect(await bench.ended(again.id)).toBe('succeeded');
    expect(world.calls).toEqual(['two:b', 'three:b']);
    const [retried] = await bench.jobs(again.id);
    expect(retried).toMatchObject({ label: 'b', status: 'succeeded', progress: 100 });
    expect(retried!.steps.map(({ status }) => status)).toEqual(['success', 'success', 'success']);
    expect(retried!.steps[1]).toMatchObject({ result: { tries: 2 } });
    const [link] = await bench.sql.query<{ retry_of: string; retried_from: number }[]>(
      'select retry_of, retried_from from batches b join jobs j on j.batch_id = b.id where b.id = $1',
      [again.id],
    );
    expect(link).toEqual({ retry_of: id, retried_from: jobIds[1] });
    // What the first step found is there for later ones to compare with.
    const kept = await bench.sql.query('select content from job_artifacts where job_id = $1', [again.jobIds[0]]);
    expect(kept).toEqual([{ content: 'of b' }]);
  });

  it('asks first what became of an act of which nobody knew', async () => {
    const acts: string[] = [];
    world.on('three', async (context) => {
      await context.beforeIrreversible({ at: 'noon' });
      acts.push(context.job.label);
      throw new ActionError('the line was cut', { code: 'cut', retryable: true });
    });
    world.checks.set('three', async () => {
      throw new ActionError('nobody answers', { code: 'away', retryable: false });
    });
    const { id } = await bench.submit(batch([job('x', [step('one'), step('three')])]));
    expect(await bench.ended(id)).toBe('failed');
    expect((await bench.jobs(id))[0]!.steps[1]).toMatchObject({ unknown: true });
    world.calls.length = 0;
    world.checks.set('three', async (context) => {
      expect(context.step.state).toEqual({ at: 'noon' });
      return OK;
    });

    const again = await retry(id);
    expect(await bench.ended(again.id)).toBe('succeeded');
    expect(world.calls).toEqual(['check three:x']);
    expect(acts).toEqual(['x']);
  });

  it('does it again when the target says that it was not done', async () => {
    const acts: string[] = [];
    world.on('three', async (context) => {
      await context.beforeIrreversible();
      acts.push(context.job.label);
      if (acts.length === 1) throw new Error('a definite error that nobody could confirm');
      return OK;
    });
    world.checks.set('three', async () => {
      throw new Error('nobody answers');
    });
    const { id } = await bench.submit(batch([job('x', [step('three', { retries: 1 })])]));
    expect(await bench.ended(id)).toBe('failed');
    world.checks.set('three', async () => ({ outcome: 'not_done', message: 'as it was' }));
    const again = await retry(id);
    expect(await bench.ended(again.id)).toBe('succeeded');
    expect(acts).toEqual(['x', 'x']);
  });

  it('tries each job again once; the next try is one of the new batch', async () => {
    failing.add('b');
    const { id } = await bench.submit(batch([job('a'), job('b')]));
    await bench.ended(id);
    const [one, two] = await Promise.allSettled([retry(id), retry(id)]);
    const made = [one, two].filter(({ status }) => status === 'fulfilled');
    expect(made).toHaveLength(1);
    const refused = [one, two].find(({ status }) => status === 'rejected') as PromiseRejectedResult;
    expect(refused.reason).toMatchObject({ details: { code: 'nothing_to_do' } });
    const again = (made[0] as PromiseFulfilledResult<{ id: string }>).value;
    expect(await bench.ended(again.id)).toBe('failed');
    failing.clear();
    expect(await bench.ended((await retry(again.id)).id)).toBe('succeeded');
  });

  it('goes on where a gate halted it, in the same waves and behind the same gates', async () => {
    world.on('one', async ({ job: { label } }) => (failing.has(label) ? { outcome: 'failed', message: 'no' } : OK));
    failing.add('b');
    const { id } = await bench.submit(gated([['a', 'b'], ['c'], ['d']], gate()));
    expect(await bench.ended(id)).toBe('failed');
    failing.clear();
    world.calls.length = 0;
    const again = await retry(id, 'unfinished');
    expect(await bench.ended(again.id)).toBe('succeeded');
    expect(world.calls).toEqual(['one:b', 'one:c', 'one:d']);
    expect((await bench.waves(again.id)).map(({ status, gate_verdict }) => [status, gate_verdict])).toEqual(
      Array.from({ length: 3 }, () => ['done', 'ADVANCE']),
    );
  });

  it('leaves alone what was cancelled, unless that is asked for too; then what is left of it', async () => {
    world.on('one', async ({ job: { label } }) => (failing.has(label) ? { outcome: 'failed', message: 'no' } : OK));
    failing.add('b');
    const { id } = await bench.submit(gated([['a', 'b'], ['c'], ['d']], gate()));
    expect(await bench.ended(id)).toBe('failed');
    failing.clear();
    world.calls.length = 0;
    expect(await bench.ended((await retry(id)).id)).toBe('succeeded');
    expect(world.calls).toEqual(['one:b']);
    expect(await bench.ended((await retry(id, 'unfinished')).id)).toBe('succeeded');
    expect(world.calls).toEqual(['one:b', 'one:c', 'one:d']);
  });

  it('is refused while the batch goes on, for another version, and where nothing failed', async () => {
    const { id } = await bench.submit(batch([job('a')], { scheduledFor: new Date(Date.now() + 3_600_000) }));
    await expect(retry(id)).rejects.toMatchObject({ details: { code: 'batch_running' } });
    const well = await bench.submit(batch([job('z')]));
    await bench.ended(well.id);
    await expect(retry(well.id)).rejects.toMatchObject({ details: { code: 'nothing_to_do' } });
    await expect(retry(well.id, 'failed', [9])).rejects.toMatchObject({ details: { current_version: 1 } });
  });
});
