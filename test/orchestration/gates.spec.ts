import { gate, gated, Bench, World, OK, type WaveRow } from './probe.js';

const FAILED = { outcome: 'failed', message: 'no' } as const;

let world: World;
let bench: Bench;
/** Labels that fail, and labels whose step waits for its release. */
const failing = new Set<string>();
const held = new Map<string, () => void>();

beforeAll(async () => {
  world = new World();
  world.on('one', async (context) => {
    const { job, signal } = context;
    if (job.label === 'lost') {
      await context.beforeIrreversible();
      throw new Error('the line was cut');
    }
    if (job.label.startsWith('held')) {
      await new Promise<void>((resolve) => {
        held.set(job.label, resolve);
        signal.addEventListener('abort', () => resolve());
      });
    }
    return failing.has(job.label) ? FAILED : OK;
  });
  world.checks.set('one', async () => {
    throw new Error('nobody answers');
  });
  bench = await Bench.start(world, { config: { workerConcurrency: 8 } });
});
afterAll(() => bench.close());

beforeEach(() => {
  failing.clear();
  held.clear();
  world.calls.length = 0;
  world.rollBackRefusal = null;
});

const started = (label: string) => bench.until(() => held.get(label));

function waveIn(id: string, ordinal: number, is: (wave: WaveRow) => boolean): Promise<WaveRow> {
  return bench.until(async () => {
    const wave = (await bench.waves(id))[ordinal]!;
    return is(wave) ? wave : undefined;
  });
}

interface BatchRow {
  status: string;
  reason: string | null;
  halted_by: string | null;
  halted_wave: number | null;
  paused_by: string | null;
  paused_reason: string | null;
  version: number;
}

async function row(id: string): Promise<BatchRow> {
  const [found] = await bench.sql.query<BatchRow[]>('select * from batches where id = $1', [id]);
  return found!;
}

describe('a batch with gates', () => {
  it('goes on while they are met, and counts each wave', async () => {
    failing.add('b');
    const { id } = await bench.submit(
      gated([['a', 'b', 'c', 'd'], ['e']], gate({ maxFailurePercent: 25, maxFailures: null })),
    );
    // One of four is 25 %: just within. The whole batch has failed all the same, since a job of it has.
    expect(await bench.ended(id)).toBe('failed');
    const waves = await bench.waves(id);
    expect(waves.map(({ status, gate_verdict }) => [status, gate_verdict])).toEqual([
      ['done', 'ADVANCE'],
      ['done', 'ADVANCE'],
    ]);
    expect(waves[0]!.tally).toEqual({ total: 4, succeeded: 3, failed: 1, unknown: 0, cancelled: 0, vanished: 0 });
    expect(world.calls).toContain('one:e');
    expect((await row(id)).halted_by).toBeNull();
  });

  it('halts when one is not: what has not started never does, and says why', async () => {
    failing.add('a');
    const { id } = await bench.submit(gated([['a', 'b'], ['c', 'd'], ['e']], gate()));
    expect(await bench.ended(id)).toBe('failed');
    const reason = 'More than 0 of 2 targets did not end well: 1 failed';
    expect(await row(id)).toMatchObject({
      halted_by: 'gate',
      halted_wave: 0,
      reason: `Halted by the gate of wave 0: ${reason}`,
    });
    const jobs = await bench.jobs(id);
    for (const label of ['c', 'd', 'e']) {
      expect(jobs.find((job) => job.label === label)).toMatchObject({
        status: 'cancelled',
        attempt: 0,
        reason: `Not started: halted by the gate of wave 0: ${reason}`,
      });
    }
    expect((await bench.waves(id)).map(({ status, gate_verdict }) => [status, gate_verdict])).toEqual([
      [expect.stringMatching(/^(halted|done)$/), 'HALT'],
      ['halted', null],
      ['halted', null],
    ]);
  });

  it('halts in the middle of a wave, and lets what runs end', async () => {
    failing.add('b');
    const { id } = await bench.submit(gated([['held-a', 'b', 'c'], ['d']], gate(), { maxParallel: 2 }));
    const release = await started('held-a');
    await bench.until(async () => ((await row(id)).halted_by === 'gate' ? true : undefined));
    release();
    expect(await bench.ended(id)).toBe('failed');
    const statuses = Object.fromEntries((await bench.jobs(id)).map(({ label, status }) => [label, status]));
    expect(statuses).toMatchObject({ 'held-a': 'succeeded', b: 'failed', d: 'cancelled' });
  });

  it('counts targets that were cancelled', async () => {
    const { id, jobIds } = await bench.submit(
      gated([['held-a', 'b'], ['c']], gate({ maxFailures: 0 }), { maxParallel: 1 }),
    );
    const release = await started('held-a');
    expect(await bench.cancel([jobIds[1]!])).toHaveLength(1);
    release();
    expect(await bench.ended(id)).toBe('failed');
    expect((await row(id)).reason).toMatch(/did not end well: 1 cancelled$/);
    expect(world.calls).not.toContain('one:c');
  });

  it('counts targets whose jobs are not there any more', async () => {
    const { id, jobIds } = await bench.submit(
      gated([['held-a', 'b'], ['c']], gate({ maxFailures: 0 }), { maxParallel: 1 }),
    );
    const release = await started('held-a');
    await bench.sql.query('delete from jobs where id = $1', [jobIds[1]]);
    release();
    expect(await bench.ended(id)).toBe('failed');
    expect((await row(id)).reason).toMatch(/did not end well: 1 vanished$/);
    expect(world.calls).not.toContain('one:c');
  });

  it('halts at an outcome nobody knows, even where failures are allowed', async () => {
    const { id, jobIds } = await bench.submit(gated([['lost'], ['b']], gate({ maxFailures: 5 })));
    expect(await bench.ended(id)).toBe('failed');
    const lost = await bench.sql.query('select id from jobs where batch_id = $1 and unknown', [id]);
    expect(lost).toEqual([{ id: jobIds[0] }]);
    expect((await row(id)).reason).toMatch(/The outcome is unknown for more than 0 of 1 targets$/);
    expect(world.calls).not.toContain('one:b');
  });

  it('soaks before the next wave opens', async () => {
    const { id } = await bench.submit(gated([['a'], ['b']], gate({ soakS: 2 })));
    const soaking = await waveIn(id, 0, ({ status }) => status === 'holding');
    expect(soaking.gate_reason).toMatch(/^Soaks until |^The wave has not been counted yet/);
    expect(await bench.ended(id)).toBe('succeeded');
    const [first, second] = await bench.waves(id);
    const soakedMs = second!.opened_at!.getTime() - first!.jobs_ended_at!.getTime();
    expect(soakedMs).toBeGreaterThanOrEqual(2_000);
  });

  it('waits for its checks, and goes on when they were reported good', async () => {
    const checks = [{ name: 'errors', maxAgeS: null }];
    const { id } = await bench.submit(gated([['a'], ['b']], gate({ checks })));
    await waveIn(id, 0, ({ gate_reason }) => gate_reason === 'Waits for the check errors');
    const report = (wave: number, name: string, passed: boolean) =>
      bench.steer((control, tx) =>
        control.reportCheck(tx, { id, by: 'monitoring' }, wave, { name, passed, message: '' }),
      );
    await expect(report(0, 'other', true)).rejects.toThrow('The gate of wave 0 does not ask for a check other');
    await expect(report(7, 'errors', true)).rejects.toThrow('The batch has no wave 7');
    await expect(report(1, 'errors', true)).rejects.toThrow('Wave 1 is not under way');
    await report(0, 'errors', true);
    await waveIn(id, 1, ({ status }) => status === 'holding');
    await report(1, 'errors', false);
    expect(await bench.ended(id)).toBe('failed');
    expect(await row(id)).toMatchObject({ halted_by: 'gate', halted_wave: 1 });
    // All its jobs went well: it is what was found behind them that makes it a failure.
    expect((await bench.jobs(id)).map(({ status }) => status)).toEqual(['succeeded', 'succeeded']);
  });

  it('is paused by its gate where that says so, and goes on only when somebody takes it upon themselves', async () => {
    failing.add('a');
    const { id } = await bench.submit(gated([['a'], ['b']], gate({ onBreach: 'pause' })));
    await bench.until(async () => ((await row(id)).paused_by !== null ? true : undefined));
    await waveIn(id, 0, ({ status }) => status === 'holding');
    expect(await row(id)).toMatchObject({
      status: 'running',
      paused_by: 'gate of wave 0',
      paused_reason: 'More than 0 of 1 targets did not end well: 1 failed',
      halted_by: null,
    });
    await expect(bench.steer((control, tx) => control.resume(tx, { id, by: 'anna' }))).rejects.toMatchObject({
      details: { code: 'gate_closed', wave: 0 },
    });
    expect(world.calls).not.toContain('one:b');
    await bench.steer((control, tx) => control.resume(tx, { id, by: 'anna' }, { overrideGate: true }));
    expect(await bench.ended(id)).toBe('failed');
    expect((await bench.waves(id))[0]).toMatchObject({
      status: 'done',
      gate_verdict: 'HALT',
      gate_overridden_by: 'anna',
    });
    expect(world.calls).toContain('one:b');
  });

  it('is rolled back by its gate where that says so: what was touched, in a batch of its own, once', async () => {
    failing.add('b');
    const spec = gated([['a', 'b'], ['c']], gate({ onBreach: 'roll_back' }));
    const { id } = await bench.submit(spec);
    expect(await bench.ended(id)).toBe('failed');
    const back = await bench.sql.query<{ id: string }[]>('select id from batches where roll_back_of = $1', [id]);
    expect(back).toHaveLength(1);
    expect(await bench.ended(back[0]!.id)).toBe('succeeded');
    expect(world.calls.filter((call) => call.startsWith('back')).sort()).toEqual(['back:a', 'back:b']);
  });

  it('is refused when what it does could not be rolled back', async () => {
    world.rollBackRefusal = 'the old image is gone';
    await expect(bench.submit(gated([['a']], gate({ onBreach: 'roll_back' })))).rejects.toThrow(
      'A gate cannot roll this batch back: the old image is gone',
    );
  });
});

describe('a deadline', () => {
  it('ends what has not started by then, and lets what runs end', async () => {
    const deadline = new Date(Date.now() + 1_500);
    const { id } = await bench.submit(gated([['held-a', 'b']], gate(), { maxParallel: 1, deadline }));
    const release = await started('held-a');
    await bench.until(async () => ((await row(id)).halted_by === 'deadline' ? true : undefined));
    release();
    expect(await bench.ended(id)).toBe('failed');
    expect((await bench.jobs(id)).map(({ label, status }) => [label, status])).toEqual([
      ['held-a', 'succeeded'],
      ['b', 'cancelled'],
    ]);
    expect((await row(id)).reason).toBe(`Not started: the deadline ${deadline.toISOString()} is over`);
  });
});
