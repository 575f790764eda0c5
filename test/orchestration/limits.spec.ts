import { setTimeout as sleep } from 'node:timers/promises';
import { ActionError } from '../../src/common/errors.js';
import { cloneDatabase, type TestDatabase } from '../support/database.js';
import { batch, Bench, job, OK, step, World } from './probe.js';

/** Limits over two workers; both see the same world, so what is in progress is counted and not inferred. */
describe('limits over two workers', () => {
  let database: TestDatabase;
  const world = new World();
  let pair: Bench[] = [];
  const inside = new Map<string, number>();
  const most = new Map<string, number>();

  beforeAll(async () => {
    database = await cloneDatabase();
    pair = [await Bench.start(world, { database }), await Bench.start(world, { database })];
  });
  afterAll(async () => {
    for (const bench of pair) await bench.close();
    await database.drop();
  });
  beforeEach(() => {
    world.acts.clear();
    world.calls.length = 0;
    inside.clear();
    most.clear();
  });

  async function counted<T>(names: readonly string[], act: () => Promise<T>): Promise<T> {
    for (const name of names) {
      inside.set(name, (inside.get(name) ?? 0) + 1);
      most.set(name, Math.max(most.get(name) ?? 0, inside.get(name)!));
    }
    try {
      return await act();
    } finally {
      for (const name of names) inside.set(name, inside.get(name)! - 1);
    }
  }

  /** Until so many were inside at once: that they fit is a fact then, however slowly the machine lets them in. */
  async function crowded(name: string, howMany: number): Promise<void> {
    const end = Date.now() + 20_000;
    while ((most.get(name) ?? 0) < howMany && Date.now() < end) await sleep(10);
  }

  const places = () => database.dataSource.query('select name from limit_slots where job_id is not null');

  it('500 jobs never have more than 40 copies at once, nor more than 3 activations in a site', async () => {
    const site = (label: string) => `site:${Number(label.slice(1)) % 10}`;
    world.on('one', () => counted(['copy'], () => crowded('copy', 21).then(() => OK)));
    world.on('two', ({ job: { label } }) => counted([site(label)], () => sleep(5).then(() => OK)));
    const jobs = Array.from({ length: 500 }, (_, n) =>
      job(`j${n}`, [
        step('one', { limits: [{ name: 'copy', max: 40 }] }),
        step('two', { limits: [{ name: site(`j${n}`), max: 3 }] }),
      ]),
    );
    const { id } = await pair[0]!.submit(batch(jobs));
    expect(await pair[0]!.ended(id, 60_000)).toBe('succeeded');
    expect(most.get('copy')).toBeLessThanOrEqual(40);
    expect(most.get('copy')).toBeGreaterThan(20);
    for (let n = 0; n < 10; n += 1) expect(most.get(`site:${n}`)).toBeLessThanOrEqual(3);
    expect(world.calls).toHaveLength(1_000);
    expect(await places()).toEqual([]);
  }, 90_000);

  it('a step with two limits takes both or none', async () => {
    world.on('one', ({ job: { label } }) =>
      counted(['all', label.charAt(0)], async () => {
        await crowded('all', 3);
        if (label.startsWith('a')) await crowded('a', 2);
        return OK;
      }),
    );
    const limits = (label: string) => [
      { name: 'all', max: 3 },
      { name: `of:${label.charAt(0)}`, max: 2 },
    ];
    const jobs = Array.from({ length: 30 }, (_, n) => (n % 3 === 0 ? `b${n}` : `a${n}`)).map((label) =>
      job(label, [step('one', { limits: limits(label) })]),
    );
    const { id } = await pair[1]!.submit(batch(jobs));
    expect(await pair[1]!.ended(id)).toBe('succeeded');
    expect(most.get('all')).toBe(3);
    expect(most.get('a')).toBe(2);
    expect(most.get('b')).toBeLessThanOrEqual(2);
    expect(await places()).toEqual([]);
  });

  it('a place is kept while a step waits for its target, and given back before a retry and at the end', async () => {
    const limits = [{ name: 'one at a time', max: 1 }];
    const order: string[] = [];
    world.on('one', async ({ job: { label }, step: { tries } }) => {
      order.push(`${label}${tries ?? 0}`);
      if (label === 'w' && order.filter((item) => item === 'w0').length === 1) {
        return { outcome: 'again', afterMs: 600, waitingFor: 'the reload' };
      }
      if (label === 'r' && tries === undefined) throw new ActionError('lost', { code: 'lost', retryable: true });
      return OK;
    });
    const waits = await pair[0]!.submit(batch([job('w', [step('one', { limits })])]));
    await pair[0]!.until(() => (order.length === 1 ? true : undefined));
    const next = await pair[0]!.submit(batch([job('n', [step('one', { limits })])]));
    expect(await pair[0]!.ended(next.id)).toBe('succeeded');
    expect(await pair[0]!.ended(waits.id)).toBe('succeeded');
    expect(order).toEqual(['w0', 'w0', 'n0']);

    order.length = 0;
    const retried = await pair[0]!.submit(batch([job('r', [step('one', { limits, retries: 1, retryDelayS: 1.5 })])]));
    await pair[0]!.until(async () => (order.length === 1 && (await places()).length === 0 ? true : undefined));
    const meanwhile = await pair[0]!.submit(batch([job('m', [step('one', { limits })])]));
    expect(await pair[0]!.ended(meanwhile.id)).toBe('succeeded');
    expect(await pair[0]!.ended(retried.id)).toBe('succeeded');
    expect(order).toEqual(['r0', 'm0', 'r1']);
    expect(await places()).toEqual([]);
  });

  it('a place whose job failed by its time-out is free again', async () => {
    const limits = [{ name: 'stuck', max: 1 }];
    world.on('one', ({ job: { label } }) => (label === 'hangs' ? new Promise(() => undefined) : Promise.resolve(OK)));
    const { id } = await pair[0]!.submit(
      batch([job('hangs', [step('one', { limits, timeoutS: 0.3 })]), job('waits', [step('one', { limits })])], {
        mode: 'parallel',
      }),
    );
    expect(await pair[0]!.ended(id)).toBe('failed');
    expect((await pair[0]!.jobs(id)).map(({ status }) => status)).toEqual(['failed', 'succeeded']);
    expect(await places()).toEqual([]);
  });
});
