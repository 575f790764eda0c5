import { StartWindows, type ClosedWindow, type WindowJob } from '../../src/orchestration/start-windows.js';
import { windowsChanged } from '../../src/orchestration/wake-ups.js';
import { batch, Bench, job, OK, step, World, type JobRow } from './probe.js';

let world: World;
let bench: Bench;
/** What the calendar says; null: open. */
let closed: ClosedWindow | null = null;
const asked: WindowJob[] = [];

beforeAll(async () => {
  world = new World();
  bench = await Bench.start(world, { config: { workerConcurrency: 4 } });
  const windows = bench.app.app.get(StartWindows, { strict: false });
  const calendar = {
    when: async (about: WindowJob) => {
      asked.push(about);
      return closed;
    },
  };
  // The application's own calendar may be there already: this is about what the runner asks and does.
  Object.defineProperty(windows, 'calendar', { value: calendar });
});
afterAll(() => bench.close());

beforeEach(() => {
  closed = null;
  asked.length = 0;
  world.calls.length = 0;
  world.acts.clear();
  world.checks.clear();
});

const TOMORROW: ClosedWindow = { openAt: new Date(Date.now() + 86_400_000), why: 'Waits for its window, tomorrow' };
const irreversible = step('two', { irreversible: true });

function waiting(id: string): Promise<JobRow> {
  return bench.until(async () => (await bench.jobs(id)).find(({ waiting_for }) => waiting_for === 'window'));
}

describe('a step that cannot be taken back', () => {
  it('begins only while the window of its job is open, and the steps before it do not wait', async () => {
    closed = TOMORROW;
    const spec = { ...job('a', [step('one'), irreversible]), site: 'oslo', tags: ['edge'] };
    const { id } = await bench.submit(batch([spec], { calendar: { windows: ['night'] } }));
    const parked = await waiting(id);
    expect(parked).toMatchObject({ status: 'waiting', reason: 'Waits for its window, tomorrow' });
    expect(parked.steps.map(({ status }) => status)).toEqual(['success', 'pending']);
    expect(world.calls).toEqual(['one:a']);
    expect(asked[0]).toMatchObject({
      batchId: id,
      targetKind: 'probe',
      targetId: 'a',
      site: 'oslo',
      tags: ['edge'],
      calendar: { windows: ['night'] },
    });
    closed = null;
    await bench.sql.transaction((tx) => windowsChanged(tx));
    expect(await bench.ended(id)).toBe('succeeded');
    expect(world.calls).toEqual(['one:a', 'two:a']);
  });

  it('begins by itself when the window opens', async () => {
    const openAt = new Date(Date.now() + 1_000);
    closed = { openAt, why: 'soon' };
    const { id } = await bench.submit(batch([job('a', [irreversible])]));
    await waiting(id);
    closed = null;
    expect(await bench.ended(id)).toBe('succeeded');
    const [row] = await bench.sql.query<{ at: Date }[]>('select finished_at as at from jobs where batch_id = $1', [id]);
    expect(row!.at.getTime()).toBeGreaterThanOrEqual(openAt.getTime() - 50);
  });

  it('waits again when its window is still closed', async () => {
    closed = { openAt: new Date(Date.now() + 200), why: 'soon' };
    const { id } = await bench.submit(batch([job('a', [irreversible])]));
    await waiting(id);
    await bench.until(() => (asked.length >= 3 ? true : undefined));
    expect(world.calls).toEqual([]);
    closed = null;
    expect(await bench.ended(id)).toBe('succeeded');
  });

  it('does not do the act when the window has closed while it got ready, and holds no place meanwhile', async () => {
    const done: string[] = [];
    world.on('two', async (context) => {
      if (context.job.label === 'a' && done.length === 0) closed = TOMORROW;
      await context.beforeIrreversible();
      done.push(context.job.label);
      return OK;
    });
    const limited = step('two', { irreversible: true, limits: [{ name: 'reload', max: 1 }] });
    const { id } = await bench.submit(batch([job('a', [limited])]));
    const parked = await waiting(id);
    expect(parked.steps[0]).toMatchObject({ status: 'pending', message: 'Waits for its window, tomorrow' });
    expect(parked.steps[0]).not.toHaveProperty('sentAt');
    expect(done).toEqual([]);
    closed = null;
    const other = await bench.submit(batch([job('b', [limited])]));
    expect(await bench.ended(other.id)).toBe('succeeded');
    await bench.sql.transaction((tx) => windowsChanged(tx));
    expect(await bench.ended(id)).toBe('succeeded');
    expect(done).toEqual(['b', 'a']);
  });

  it('is not done by a handler that takes no notice of the refusal', async () => {
    world.on('two', async (context) => {
      closed = TOMORROW;
      await context.beforeIrreversible().catch(() => undefined);
      return OK;
    });
    const { id } = await bench.submit(batch([job('a', [step('two')])]));
    expect((await waiting(id)).status).toBe('waiting');
    world.on('two', async () => OK);
    closed = null;
    await bench.sql.transaction((tx) => windowsChanged(tx));
    expect(await bench.ended(id)).toBe('succeeded');
  });

  it('asks what became of an announced act at any time', async () => {
    world.on('two', async (context) => {
      await context.beforeIrreversible();
      closed = TOMORROW;
      return { outcome: 'again', afterMs: 10, waitingFor: 'the device reloads' };
    });
    const { id } = await bench.submit(batch([job('a', [irreversible])]));
    expect(await bench.ended(id)).toBe('succeeded');
    expect(world.calls).toEqual(['two:a', 'check two:a']);
  });

  it('is cancelled while it waits for its window, and never touched its target', async () => {
    closed = TOMORROW;
    const { id, jobIds } = await bench.submit(batch([job('a', [irreversible])]));
    await waiting(id);
    expect(await bench.abort(jobIds)).toMatchObject({ aborting: jobIds });
    expect(await bench.ended(id)).toBe('cancelled');
    expect(world.calls).toEqual([]);
  });
});
