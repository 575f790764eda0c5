import { setTimeout as sleep } from 'node:timers/promises';
import { cloneDatabase, type TestDatabase } from '../support/database.js';
import { batch, Bench, job, OK, step, World } from './probe.js';

/** Slots, and what becomes of a job when its process stops in good order. */
describe('a step and its process', () => {
  let database: TestDatabase;
  const benches: Bench[] = [];

  beforeEach(async () => {
    database = await cloneDatabase();
  });
  afterEach(async () => {
    for (const bench of benches.splice(0)) await bench.close();
    await database.drop();
  });

  async function start(
    world: World,
    config: { workerConcurrency?: number; shutdownGrace?: number } = {},
  ): Promise<Bench> {
    const bench = await Bench.start(world, { database, config });
    benches.push(bench);
    return bench;
  }

  async function stop(bench: Bench): Promise<void> {
    benches.splice(benches.indexOf(bench), 1);
    await bench.close();
  }

  it('a step that waits gives its only slot to another job, and goes on later', async () => {
    const world = new World();
    let mayEnd = false;
    world.on('one', async ({ remember, step: { state } }) => {
      await remember({ asked: Number(state?.['asked'] ?? 0) + 1 });
      return mayEnd ? OK : { outcome: 'again', afterMs: 200, waitingFor: 'the reload' };
    });
    const bench = await start(world, { workerConcurrency: 1 });
    const slow = await bench.submit(batch([job('slow', [step('one'), step('two')])]));
    await bench.until(async () => ((await bench.jobs(slow.id))[0]!.status === 'waiting' ? true : undefined));
    const quick = await bench.submit(batch(Array.from({ length: 5 }, (_, n) => job(`quick${n}`, [step('two')]))));
    expect(await bench.ended(quick.id)).toBe('succeeded');
    expect((await bench.jobs(slow.id))[0]).toMatchObject({ reason: 'the reload' });
    mayEnd = true;
    expect(await bench.ended(slow.id)).toBe('succeeded');
    const [row] = await bench.sql.query<{ steps: { state: { asked: number } }[] }[]>(
      'select steps from jobs where batch_id = $1',
      [slow.id],
    );
    expect(row!.steps[0]!.state.asked).toBe(world.calls.filter((call) => call === 'one:slow').length);
  });

  it('a wait outlives its process', async () => {
    const first = new World().on('one', async () => ({ outcome: 'again', afterMs: 1_500, waitingFor: 'time' }));
    const bench = await start(first);
    const { id } = await bench.submit(batch([job('w', [step('one'), step('two')])]));
    await bench.until(async () => ((await bench.jobs(id))[0]!.status === 'waiting' ? true : undefined));
    await stop(bench);
    const second = new World();
    const other = await start(second);
    expect(await other.ended(id)).toBe('succeeded');
    expect(first.calls).toEqual(['one:w']);
    expect(second.calls).toEqual(['one:w', 'two:w']);
  });

  it('a stopping process ends its running step; another one goes on with the next', async () => {
    let entered = (): void => undefined;
    const inside = new Promise<void>((resolve) => (entered = resolve));
    const first = new World().on('one', async () => {
      entered();
      await sleep(500);
      return OK;
    });
    const bench = await start(first, { shutdownGrace: 10 });
    const { id } = await bench.submit(batch([job('s')]));
    await inside;
    await stop(bench);
    const second = new World();
    const other = await start(second);
    expect(await other.ended(id)).toBe('succeeded');
    expect([first.calls, second.calls]).toEqual([['one:s'], ['two:s']]);
    expect((await other.jobs(id))[0]).toMatchObject({
      attempt: 2,
      steps: [{ status: 'success' }, { status: 'success' }],
    });
    expect(first.finished).toEqual([]);
    expect(second.finished).toHaveLength(1);
  });

  it('a step that does not end within the grace is given up and done by another process; an announced act is asked about', async () => {
    let entered = 0;
    const first = new World()
      .on('one', ({ signal }) => {
        entered += 1;
        return new Promise((_resolve, reject) => signal.addEventListener('abort', () => reject(new Error('stopped'))));
      })
      .on('two', async ({ beforeIrreversible }) => {
        await beforeIrreversible();
        entered += 1;
        return new Promise(() => undefined);
      });
    const bench = await start(first, { shutdownGrace: 0 });
    const { id } = await bench.submit(batch([job('a', [step('one')]), job('b', [step('two'), step('three')])]));
    await bench.until(() => (entered === 2 ? true : undefined));
    await stop(bench);
    const second = new World();
    const other = await start(second);
    expect(await other.ended(id)).toBe('succeeded');
    expect(first.calls.sort()).toEqual(['one:a', 'two:b']);
    expect(second.calls.sort()).toEqual(['check two:b', 'one:a', 'three:b']);
  });
});
