import { FleetApp } from './fleet.js';

const STEPS = ['Readiness Check', 'Distribution', 'Activation', 'Post-Checks'];

/** What gates and retries do to real upgrades, of simulated devices. */
describe('upgrades', () => {
  let fleet: FleetApp;
  const images = new Map<string, number>();

  beforeAll(async () => {
    fleet = await FleetApp.start({ config: { role: 'all' } });
    for (const version of ['1.0', '2.0']) {
      const [image] = await fleet.sql<{ id: number }>(
        `insert into images (filename, version, status, size_bytes, md5, pull_token)
         values ($1, $2, 'ready', 1000, 'd41d8cd98f00b204e9800998ecf8427e', $2) returning id`,
        [`v${version}.bin`, version],
      );
      images.set(version, image!.id);
    }
  });
  afterAll(() => fleet.close());

  async function device(hostname: string, version: string, simulation: object = {}): Promise<string> {
    const [row] = await fleet.sql<{ id: string }>(
      `insert into devices (hostname, ip_address, platform, version, simulation)
       values ($1, '127.0.0.1', 'simulated', $2, $3::jsonb) returning id::text`,
      [hostname, version, JSON.stringify({ step_ms: 5, ...simulation })],
    );
    return row!.id;
  }

  const create = (ids: string[], gate: object) =>
    fleet.call('POST', '/batches', {
      targets: { kind: 'device', ids },
      action: 'upgrade',
      parameters: { image_id: images.get('2.0') },
      max_parallel: 1,
      gate,
    });

  async function ended(id: string): Promise<void> {
    for (const end = Date.now() + 60_000; ; await new Promise((resolve) => setTimeout(resolve, 50))) {
      const rows = await fleet.sql('select 1 from batches where id = $1 and finished_at is not null', [id]);
      if (rows.length > 0) return;
      if (Date.now() > end) throw new Error('did not end in time');
    }
  }

  interface JobRow {
    label: string;
    status: string;
    image: string;
    steps: { name: string; status: string; startedAt?: string; irreversible?: boolean }[];
  }

  const jobs = (batchId: string) =>
    fleet.sql<JobRow>(
      `select label, status, input ->> 'imageVersion' as image, steps from jobs where batch_id = $1 order by position`,
      [batchId],
    );

  it('are rolled back by a gate: those that were begun, to the image they ran before', async () => {
    const good = await device('good', '1.0');
    const answer = await create([good, await device('bad', '1.0', { fail_step: 'Activation' })], {
      on_breach: 'roll_back',
    });
    expect(answer.statusCode).toBe(201);
    const { id } = answer.json<{ id: string }>();
    await ended(id);
    const { items } = await fleet.get<{ items: { id: string; dialect: string }[] }>(`/batches?roll_back_of=${id}`);
    expect(items).toHaveLength(1);
    const [back] = items;
    await ended(back!.id);
    // The other one was never told to activate anything, so there is nothing to undo.
    expect(await jobs(back!.id)).toMatchObject([{ label: 'good', status: 'succeeded', image: '1.0' }]);
    expect(back!.dialect).toBe('upgrade');
    expect(await fleet.sql('select version from devices where id = $1', [good])).toEqual([{ version: '1.0' }]);
  });

  it('are not begun where a roll back is promised that could not be kept', async () => {
    const answer = await create([await device('ancient', '0.9')], { on_breach: 'roll_back' });
    expect(answer.statusCode).toBe(400);
    expect(answer.body).toContain('there is no image of the version that now runs on ancient (0.9)');
    expect(await fleet.sql(`select 1 from jobs where label = 'ancient'`)).toEqual([]);
  });

  it('are tried again from the step that failed', async () => {
    const flaky = await device('flaky', '1.0', { fail_step: 'Activation' });
    const { id } = (await create([flaky], {})).json<{ id: string }>();
    await ended(id);
    const [first] = await jobs(id);
    expect(first).toMatchObject({ status: 'failed' });
    await fleet.sql(`update devices set simulation = '{"step_ms": 5}' where id = $1`, [flaky]);
    const retried = await fleet.call('POST', `/batches/${id}/retry`, undefined, { as: 'operator' });
    expect(retried.statusCode).toBe(201);
    const again = retried.json<{ id: string }>().id;
    await ended(again);
    const [second] = await jobs(again);
    expect(second).toMatchObject({ status: 'succeeded' });
    expect(second!.steps.map(({ name }) => name)).toEqual(STEPS);
    // The first two keep the record of the first time; the others were begun anew.
    expect(second!.steps.slice(0, 2)).toEqual(first!.steps.slice(0, 2));
    expect(second!.steps[2]!.startedAt).not.toBe(first!.steps[2]!.startedAt);
    expect(await fleet.sql('select version from devices where id = $1', [flaky])).toEqual([{ version: '2.0' }]);
  });

  it('count a device that is gone when its wave comes among those that did not end well', async () => {
    const ids = [await device('stays', '1.0'), await device('goes', '1.0'), await device('waits', '1.0')];
    const answer = await fleet.call('POST', '/batches', {
      targets: { kind: 'device', ids },
      action: 'upgrade',
      parameters: { image_id: images.get('2.0') },
      waves: { by: 'count', count: 1 },
      gate: { max_failures: 0, checks: [{ name: 'seen' }] },
    });
    const { id } = answer.json<{ id: string }>();
    const waves = () =>
      fleet.sql<{ status: string; verdict: string | null; tally: object }>(
        'select status, gate_verdict as verdict, tally from waves where batch_id = $1 order by ordinal',
        [id],
      );
    for (const end = Date.now() + 60_000; (await waves())[0]!.status !== 'holding';) {
      if (Date.now() > end) throw new Error('the first wave did not come to its gate');
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
    await fleet.sql('delete from devices where id = $1', [ids[1]]);
    const check = await fleet.call('POST', `/batches/${id}/waves/0/checks`, { name: 'seen', passed: true });
    expect(check.statusCode).toBe(200);
    await ended(id);
    expect((await fleet.get<{ outcome: string }>(`/batches/${id}`)).outcome).toBe('halted');
    expect(await waves()).toMatchObject([
      { status: 'done', verdict: 'ADVANCE', tally: { total: 1, succeeded: 1 } },
      { status: 'halted', verdict: 'HALT' },
      { status: 'halted' },
    ]);
    const found = await fleet.sql('select label, status, attempt from jobs where batch_id = $1 order by position', [
      id,
    ]);
    expect(found).toMatchObject([
      { label: 'stays', status: 'succeeded' },
      { label: 'goes', status: 'failed' },
      { label: 'waits', status: 'cancelled', attempt: 0 },
    ]);
    expect(await fleet.sql('select version from devices where id = $1', [ids[2]])).toEqual([{ version: '1.0' }]);
  });

  it('ask for their window where they activate, and not before', async () => {
    const { id } = (await create([await device('plain', '1.0')], {})).json<{ id: string }>();
    await ended(id);
    const [job] = await jobs(id);
    expect(job!.steps.filter(({ irreversible }) => irreversible).map(({ name }) => name)).toEqual(['Activation']);
  });
});
