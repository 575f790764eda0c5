import { BatchesService } from '../../../src/orchestration/batches.service.js';
import { Fleet, type Answer, type Job } from './fleet.js';

const plain = (answer: Answer): Record<string, unknown> => answer.body as unknown as Record<string, unknown>;
const idsOf = (answer: Answer): number[] => (answer.body as unknown as { job_ids: number[] }).job_ids;

describe('the Upgrade API on simulated devices', () => {
  let fleet: Fleet;
  let model: number;
  let next = 0;

  beforeAll(async () => {
    fleet = await Fleet.start();
    model = await fleet.addModel('sim', await fleet.addImage('sim-2.0.bin', '2.0'));
  });
  afterAll(() => fleet.close());

  const device = (simulation: object, extra: object = {}): Promise<number> =>
    fleet.addDevice({ hostname: `dev${(next += 1)}`, modelId: model, simulation, version: '1.0', ...extra });

  it('runs an upgrade to its end, as the documented poller sees it', async () => {
    const id = await device({ step_ms: 40 });
    const [job] = idsOf(await fleet.trigger({ devices: [id] }));
    const seen: Job[] = [];
    for (;;) {
      const [now] = await fleet.jobs([job!]);
      seen.push(now!);
      if (['success', 'failed'].includes(now!.status)) break;
      await new Promise((resolve) => setTimeout(resolve, 5));
    }
    const statuses = seen.map(({ status }) => status).filter((status, at, all) => status !== all[at - 1]);
    // Whichever of them were seen: each once, and in this order.
    const order = ['pending', 'distributing', 'activating', 'success'];
    expect(statuses).toEqual(order.filter((status) => statuses.includes(status)));
    const progress = seen.map((each) => each.progress);
    expect(progress).toEqual([...progress].sort((a, b) => a - b));
    expect(seen.at(-1)).toMatchObject({ status: 'success', progress: 100, current_step: 'Completed', error: null });
    expect(seen.at(-1)!.steps.map(({ status }) => status)).toEqual(['success', 'success', 'success', 'success']);
    const [row] = await fleet.sql.query<unknown[]>('select version, reachability from devices where id = $1', [id]);
    expect(row).toEqual({ version: '2.0', reachability: 'Reachable' });
  });

  it('fails at the step that failed, and keeps the progress it had (case 18)', async () => {
    const id = await device({ step_ms: 1, fail_step: 'Activation' });
    const [job] = await fleet.finished(idsOf(await fleet.trigger({ devices: [id] })));
    expect(job).toMatchObject({
      status: 'failed',
      current_step: 'Activation',
      error: 'Activation failed as simulated',
    });
    expect(job!.steps.map(({ status }) => status)).toEqual(['success', 'success', 'failed', 'pending']);
    expect(job!.progress).toBe(75);
  });

  it('believes the device, not its error: a lie ends as success', async () => {
    const id = await device({ step_ms: 1, lie: true });
    const ids = idsOf(await fleet.trigger({ devices: [id] }));
    expect(await fleet.finished(ids)).toMatchObject([{ status: 'success' }]);
    const log = plain(await fleet.call('GET', `/api/core/jobs/${ids[0]}/`))['log'];
    expect(log).toContain('asking the target what became of it');
  });

  it('ends a step that never answers by its time-out', async () => {
    const [workflow] = await fleet.sql.query<{ id: number }[]>(
      `insert into workflows (name) values ('impatient') returning id`,
    );
    await fleet.sql.query(
      `insert into workflow_steps (workflow_id, name, step_type, "order", config)
       values ($1, 'Readiness Check', 'readiness', 1, '{"timeout": 0.3}')`,
      [workflow!.id],
    );
    const id = await device({ step_ms: 1, hang_step: 'Readiness Check' });
    const answer = await fleet.trigger({ devices: [id], workflow_id: workflow!.id });
    const [job] = await fleet.finished(idsOf(answer));
    expect(job).toMatchObject({ status: 'failed', error: 'Readiness Check timed out after 0.3 s' });
  });

  it('skips everything on a device that runs the version already (case 25)', async () => {
    const id = await device({ step_ms: 1 }, { version: '2.0' });
    const [job] = await fleet.finished(idsOf(await fleet.trigger({ devices: [id] })));
    expect(job).toMatchObject({ status: 'success', progress: 100 });
    expect(job!.steps.map(({ status }) => status)).toEqual(['success', 'skipped', 'skipped', 'skipped']);
  });

  it('only copies with activate_after_distribute=false', async () => {
    const id = await device({ step_ms: 1 });
    const ids = idsOf(await fleet.trigger({ devices: [id], activate_after_distribute: 'false' }));
    const [job] = await fleet.finished(ids);
    expect(job!.steps.map(({ status }) => status)).toEqual(['success', 'success', 'skipped', 'skipped']);
    expect(job).toMatchObject({ status: 'success', progress: 100 });
    const [row] = await fleet.sql.query<{ version: string }[]>('select version from devices where id = $1', [id]);
    expect(row!.version).toBe('1.0');
  });

  it('refuses a downgrade unless it is allowed', async () => {
    const id = await device({ step_ms: 1 }, { version: '3.0' });
    const [refused] = await fleet.finished(idsOf(await fleet.trigger({ devices: [id] })));
    expect(refused).toMatchObject({
      status: 'failed',
      error: '2.0 is older than the running 3.0; set allow_downgrade to go back',
    });
    const [allowed] = await fleet.finished(idsOf(await fleet.trigger({ devices: [id], allow_downgrade: true })));
    expect(allowed).toMatchObject({ status: 'success' });
  });

  it('runs a sequential batch one by one, scheduled or not, and goes on after a failure (case 22)', async () => {
    for (const schedule of [undefined, new Date(Date.now() + 4_000).toISOString()]) {
      const devices = [
        await device({ step_ms: 10 }),
        await device({ step_ms: 10, fail_step: 'Distribution' }),
        await device({ step_ms: 10 }),
      ];
      const answer = await fleet.trigger({ devices, execution_mode: 'sequential', schedule_time: schedule });
      const ids = idsOf(answer);
      if (schedule)
        expect((await fleet.jobs(ids)).map(({ status }) => status)).toEqual(['scheduled', 'scheduled', 'scheduled']);
      expect((await fleet.finished(ids)).map(({ status }) => status)).toEqual(['success', 'failed', 'success']);
      const spans = await fleet.sql.query<{ started: Date; ended: Date }[]>(
        'select started_at as started, finished_at as ended from jobs where id = any($1) order by id',
        [ids],
      );
      expect(spans[1]!.started.getTime()).toBeGreaterThanOrEqual(spans[0]!.ended.getTime());
      expect(spans[2]!.started.getTime()).toBeGreaterThanOrEqual(spans[1]!.ended.getTime());
      if (schedule) {
        const lateMs = spans[0]!.started.getTime() - Date.parse(schedule);
        expect(lateMs).toBeGreaterThanOrEqual(0);
        expect(lateMs).toBeLessThan(20_000);
      }
    }
  });

  it('fails the rest after a failure with on_failure=stop, so that the poller ends', async () => {
    const devices = [await device({ step_ms: 1, fail_step: 'Distribution' }), await device({ step_ms: 1 })];
    const ids = idsOf(await fleet.trigger({ devices, execution_mode: 'sequential', on_failure: 'stop' }));
    const jobs = await fleet.finished(ids);
    expect(jobs.map(({ status, error }) => [status, error])).toEqual([
      ['failed', 'Distribution failed as simulated'],
      ['failed', `Not started: batch halted after job ${ids[0]} failed`],
    ]);
  });

  it('cancels scheduled jobs only, echoes the request, and counts what changed (cases 14 and 16)', async () => {
    const soon = new Date(Date.now() + 3_600_000).toISOString();
    const scheduled = idsOf(
      await fleet.trigger({ devices: [await device({}), await device({})], schedule_time: soon }),
    );
    const done = idsOf(await fleet.trigger({ devices: [await device({ step_ms: 1 })] }));
    await fleet.finished(done);
    const asked = [scheduled[0], String(scheduled[1]), done[0], 999999, scheduled[0]];
    const answer = await fleet.call('POST', '/api/upgrade/cancel/', { job_ids: asked });
    expect(answer.status).toBe(200);
    expect(plain(answer)).toMatchObject({
      status: 'success',
      cancelled: 2,
      job_ids: asked,
      cancelled_job_ids: scheduled,
      not_cancelled: [
        { job_id: done[0], status: 'success' },
        { job_id: 999999, status: null },
      ],
    });
    expect(plain(await fleet.call('POST', '/api/upgrade/cancel', { job_ids: scheduled }))).toMatchObject({
      cancelled: 0,
    });
    expect(await fleet.jobs(scheduled)).toMatchObject([
      { status: 'cancelled', progress: 0, current_step: 'Readiness Check' },
      { status: 'cancelled' },
    ]);
  });

  it.each([
    [undefined, 'Missing job_ids'],
    [{}, 'Missing job_ids'],
    [{ job_ids: [] }, 'Missing job_ids'],
    [{ job_ids: ['x'] }, 'Invalid job_ids'],
    [{ job_ids: 16 }, 'Invalid job_ids'],
    [{ job_ids: '13' }, 'Invalid job_ids'],
    [{ job_ids: [1.5] }, 'Invalid job_ids'],
    [[], 'Invalid job_ids'],
  ])('refuses to cancel %j with 400 "%s"', async (wish, title) => {
    const answer = await fleet.call('POST', '/api/upgrade/cancel/', wish);
    expect([answer.status, plain(answer)]).toEqual([400, { error: title, message: expect.any(String) }]);
  });

  it('answers every odd question about jobs (case 17)', async () => {
    const ids = idsOf(await fleet.trigger({ devices: [await device({ step_ms: 1 }), await device({ step_ms: 1 })] }));
    const [a, b] = ids as [number, number];
    const ask = (query: string): Promise<Answer> => fleet.call('GET', `/api/upgrade/status?${query}`);
    expect(plain(await ask(''))).toEqual({
      error: 'Missing parameters',
      message: 'Please provide either job_ids or batch_id',
    });
    expect(plain(await ask('job_ids='))).toMatchObject({ error: 'Missing parameters' });
    expect(plain(await ask('job_ids=998998,999999'))).toEqual({ count: 0, jobs: [], not_found: [998998, 999999] });
    expect((plain(await ask(`job_ids=${b},+${a},${b},,`))['jobs'] as Job[]).map(({ id }) => id)).toEqual([a, b]);
    expect(plain(await ask(`job_ids=${a}&batch_id=00000000-0000-4000-8000-000000000000`))).toMatchObject({ count: 1 });
    expect(plain(await ask('batch_id=00000000-0000-4000-8000-000000000000'))).toEqual({ count: 0, jobs: [] });
    for (const [query, title] of [
      ['job_ids=abc', 'Invalid job_ids'],
      ['job_ids=1;2', 'Invalid job_ids'],
      ['batch_id=nope', 'Invalid batch_id'],
    ] as const) {
      const answer = await ask(query);
      expect([answer.status, plain(answer)['error']]).toEqual([400, title]);
    }
    expect((await ask(`job_ids=${'9'.repeat(30)}`)).status).toBe(200);
    await fleet.finished(ids);
  });

  it('never lets a cancelled job touch its device: 200 triggers and cancels at once (case 15)', async () => {
    const devices: number[] = [];
    for (let index = 0; index < 200; index += 1) devices.push(await device({ step_ms: 1 }));
    const outcomes = await Promise.all(
      devices.map(async (id, index) => {
        const [job] = idsOf(await fleet.trigger({ devices: [id] }));
        if (index % 2 === 0) await new Promise((resolve) => setTimeout(resolve, index % 7));
        const cancel = await fleet.call('POST', '/api/upgrade/cancel/', { job_ids: [job] });
        return { job: job!, cancelled: plain(cancel)['cancelled'] === 1 };
      }),
    );
    await fleet.finished(
      outcomes.map(({ job }) => job),
      60_000,
    );
    const rows = await fleet.sql.query<{ id: number; status: string; attempt: number }[]>(
      'select id, status, attempt from jobs where id = any($1)',
      [outcomes.map(({ job }) => job)],
    );
    const byId = new Map(rows.map((row) => [row.id, row]));
    for (const { job, cancelled } of outcomes) {
      const row = byId.get(job)!;
      expect([row.status, row.attempt > 0]).toEqual(cancelled ? ['cancelled', false] : ['succeeded', true]);
    }
    expect(outcomes.some(({ cancelled }) => cancelled)).toBe(true);
  });

  it('shows a job that was stopped on its way as cancelled, with what it had done', async () => {
    const [job] = idsOf(await fleet.trigger({ devices: [await device({ step_ms: 60_000 })] }));
    const until = Date.now() + 60_000;
    while ((await fleet.jobs([job!]))[0]!.status !== 'distributing') {
      if (Date.now() > until) throw new Error('the job does not start');
    }
    const batches = fleet.app.app.get(BatchesService, { strict: false });
    await fleet.sql.transaction((tx) => batches.abort(tx, 'upgrade', [job!], 'root'));
    const [stopped] = await fleet.finished([job!], 60_000);
    expect(stopped).toMatchObject({ status: 'cancelled', current_step: 'Readiness Check', error: null });
    expect(stopped!.steps[0]).toMatchObject({ status: 'failed', message: 'stopped by root' });
    expect(stopped!.steps.slice(1).map(({ status }) => status)).toEqual(['pending', 'pending', 'pending']);
    const detail = plain(await fleet.call('GET', `/api/core/jobs/${job!}/`));
    expect(detail).toMatchObject({ status: 'cancelled', log: expect.stringContaining('Asked to stop by root') });
    expect((await fleet.call('POST', '/api/upgrade/cancel/', { job_ids: [job] })).status).toBe(200);
  }, 150_000);
});
