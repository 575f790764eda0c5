import { FleetApp, problemOf } from './fleet.js';

interface BatchBody {
  readonly id: string;
  readonly status: string;
  readonly outcome: string | null;
  readonly version: number;
  readonly paused: boolean;
  readonly retry_of: string | null;
  readonly jobs: Readonly<Record<string, number>>;
  readonly waves: readonly { readonly status: string; readonly gate: { readonly verdict: string | null } | null }[];
}

const DEADLINE_MS = 60_000;

/** One application that runs jobs; devices take as long as their simulation says. */
describe('the verbs of a batch', () => {
  let fleet: FleetApp;
  let model: number;
  beforeAll(async () => {
    fleet = await FleetApp.start({ config: { role: 'all' } });
    const [image] = await fleet.sql<{ id: number }>(
      `insert into images (filename, version, platform, status, size_bytes, md5, pull_token)
       values ('new.bin', '2.0', null, 'ready', 1000, 'd41d8cd98f00b204e9800998ecf8427e', 'x') returning id`,
    );
    const [row] = await fleet.sql<{ id: number }>(
      `insert into device_models (name, default_image_id) values ('m', $1) returning id`,
      [image!.id],
    );
    model = row!.id;
  });
  afterAll(() => fleet.close());

  let sequence = 0;
  async function devices(count: number, simulation: object = { step_ms: 5 }): Promise<string[]> {
    const rows = await fleet.sql<{ id: string }>(
      `insert into devices (hostname, ip_address, platform, version, model_id, simulation)
       select $1 || n, '127.0.0.1', 'simulated', '1.0', $2, $3::jsonb from generate_series(1, $4::integer) n
       returning id::text`,
      [`d${++sequence}-`, model, JSON.stringify(simulation), count],
    );
    return rows.map(({ id }) => id);
  }

  async function make(ids: string[], more: object = {}): Promise<BatchBody> {
    const answer = await fleet.call('POST', '/batches', {
      targets: { kind: 'device', ids },
      action: 'upgrade',
      ...more,
    });
    if (answer.statusCode !== 201) throw new Error(answer.body);
    return answer.json<BatchBody>();
  }
  const get = (id: string) => fleet.get<BatchBody>(`/batches/${id}`);
  const verb = (id: string, name: string, body?: object, headers: Record<string, string> = {}) =>
    fleet.call('POST', `/batches/${id}/${name}`, body, { as: 'operator', headers });

  async function until(id: string, is: (batch: BatchBody) => boolean): Promise<BatchBody> {
    for (const end = Date.now() + DEADLINE_MS; ; await new Promise((resolve) => setTimeout(resolve, 100))) {
      const batch = await get(id);
      if (is(batch)) return batch;
      if (Date.now() > end) throw new Error(`never: ${JSON.stringify(batch)}`);
    }
  }
  const ended = (id: string) => until(id, ({ outcome }) => outcome !== null);
  const trail = (id: string) =>
    fleet.sql<{ action: string; user_name: string }>(
      'select action, user_name from audit_events where object_id = $1 order by id',
      [id],
    );

  it('runs a batch to its end, with a timeline for each target and a log that can be followed', async () => {
    const { id } = await make(await devices(2));
    const { items } = await fleet.get<{ items: { id: number }[] }>(`/batches/${id}/jobs`);
    const lines: string[] = [];
    let cursor: string | null = '';
    while (cursor !== null) {
      const query: string = cursor === '' ? '' : `&cursor=${cursor}`;
      const page: { items: { id: string }[]; next_cursor: string | null } = await fleet.get(
        `/jobs/${items[0]!.id}/logs?limit=2&wait_s=10${query}`,
      );
      lines.push(...page.items.map((line) => line.id));
      cursor = page.next_cursor;
    }
    const stored = await fleet.sql<{ id: string }>('select id from job_logs where job_id = $1 order by id', [
      items[0]!.id,
    ]);
    expect(lines.length).toBeGreaterThan(3);
    expect(lines).toEqual(stored.map((line) => line.id));
    expect(await ended(id)).toMatchObject({ status: 'succeeded', outcome: 'succeeded', jobs: { succeeded: 2 } });
    const job = await fleet.get<{ timeline: { at: string; what: string; step: string | null }[]; steps: unknown[] }>(
      `/jobs/${items[0]!.id}`,
    );
    const what = job.timeline.map((entry) => entry.what);
    expect([what[0], what.at(-1)]).toEqual(['created', 'finished']);
    expect(what.filter((each) => each === 'step')).toHaveLength(job.steps.length);
    expect(what).toContain('announced');
    const times = job.timeline.map(({ at }) => at);
    expect(times).toEqual([...times].sort());
    expect(await fleet.get(`/jobs/${items[0]!.id}/timeline`)).toEqual({ items: job.timeline });
  });

  it('pauses and resumes: nothing starts in between', async () => {
    const batch = await make(await devices(4, { step_ms: 20 }), { max_parallel: 1 });
    const paused = await verb(batch.id, 'pause', { reason: 'lunch' });
    expect(paused.statusCode).toBe(200);
    expect(paused.json()).toMatchObject({ paused: true, paused_by: 'olga', paused_reason: 'lunch' });
    const again = await verb(batch.id, 'pause');
    expect([again.statusCode, problemOf(again)]).toEqual([409, 'paused']);
    const still = await until(batch.id, ({ jobs }) => (jobs['running'] ?? 0) + (jobs['waiting'] ?? 0) === 0);
    expect(still.outcome).toBeNull();
    expect(still.jobs['pending']).toBeGreaterThan(0);
    expect((await verb(batch.id, 'resume')).json()).toMatchObject({ paused: false });
    expect(await ended(batch.id)).toMatchObject({ outcome: 'succeeded', jobs: { succeeded: 4 } });
    const late = await verb(batch.id, 'resume');
    expect([late.statusCode, problemOf(late)]).toEqual([409, 'batch_ended']);
    expect((await trail(batch.id)).map(({ action }) => action)).toEqual([
      'batch.create',
      'batch.pause',
      'batch.resume',
    ]);
  });

  it('cancels what has not started', async () => {
    const batch = await make(await devices(3), { scheduled_for: '2099-01-01T00:00:00Z' });
    const answer = await verb(batch.id, 'cancel');
    expect([answer.statusCode, answer.json<BatchBody>().jobs]).toEqual([200, { cancelled: 3 }]);
    expect(await ended(batch.id)).toMatchObject({ status: 'cancelled', outcome: 'cancelled' });
    expect(await trail(batch.id)).toContainEqual({ action: 'batch.cancel', user_name: 'olga' });
  });

  it('aborts what runs at its next safe point', async () => {
    const batch = await make(await devices(2, { step_ms: 20_000 }), { max_parallel: 1 });
    await until(batch.id, ({ jobs }) => (jobs['running'] ?? 0) > 0);
    expect((await verb(batch.id, 'abort')).statusCode).toBe(200);
    expect(await ended(batch.id)).toMatchObject({ outcome: 'cancelled', jobs: { cancelled: 2 } });
    const { items } = await fleet.get<{ items: { abort_requested_by: string | null }[] }>(`/batches/${batch.id}/jobs`);
    expect(items.map(({ abort_requested_by }) => abort_requested_by)).toContain('olga');
  });

  it('tries failed targets again in a new batch, and only those', async () => {
    const good = await devices(1);
    const bad = await devices(1, { step_ms: 5, fail_step: 'Distribution' });
    const batch = await make([...good, ...bad]);
    const early = await verb(batch.id, 'retry');
    const failed = await ended(batch.id);
    if (early.statusCode !== 201) expect([early.statusCode, problemOf(early)]).toEqual([409, 'batch_running']);
    expect(failed).toMatchObject({ outcome: 'failed', jobs: { failed: 1, succeeded: 1 } });
    await fleet.sql(`update devices set simulation = '{"step_ms": 5}' where id = $1`, [bad[0]]);
    const headers = { 'idempotency-key': 'retry-once' };
    const [first, second] = await Promise.all(
      [1, 2].map(() => verb(batch.id, 'retry', { targets: 'failed' }, headers)),
    );
    expect([first!.statusCode, second!.statusCode]).toEqual([201, 201]);
    const retried = first!.json<BatchBody>();
    expect(second!.json<BatchBody>().id).toBe(retried.id);
    expect(retried).toMatchObject({ retry_of: batch.id, jobs_total: 1 });
    expect(await ended(retried.id)).toMatchObject({ outcome: 'succeeded' });
    const none = await verb(retried.id, 'retry');
    expect([none.statusCode, problemOf(none)]).toEqual([409, 'nothing_to_do']);
    const { items } = await fleet.get<{ items: { id: string }[] }>(`/batches?retry_of=${batch.id}`);
    expect(items.map(({ id }) => id)).toEqual([retried.id]);
  });

  it('holds at a gate until the check it asks for is good, and halts at one that is not', async () => {
    const gate = { checks: [{ name: 'probe' }] };
    const waves = { by: 'count', count: 1 };
    const batch = await make(await devices(2), { waves, gate });
    const held = await until(batch.id, (now) => now.waves[0]!.status === 'holding');
    expect(held.waves[0]!.gate!.verdict).toBe('HOLD');
    const unknown = await verb(batch.id, 'waves/0/checks', { name: 'nobody', passed: true });
    expect([unknown.statusCode, problemOf(unknown)]).toEqual([404, 'not_found']);
    const early = await verb(batch.id, 'waves/1/checks', { name: 'probe', passed: true });
    expect([early.statusCode, problemOf(early)]).toEqual([409, 'wave_not_open']);
    expect((await verb(batch.id, 'waves/0/checks', { name: 'probe', passed: true })).statusCode).toBe(200);
    await until(batch.id, (now) => now.waves[1]!.status === 'holding');
    await verb(batch.id, 'waves/1/checks', { name: 'probe', passed: false, message: 'too hot' });
    expect(await ended(batch.id)).toMatchObject({
      status: 'failed',
      outcome: 'halted',
      halted_by: 'gate',
      halted_wave: 1,
    });
  });

  it('is not resumed past a gate that says no, unless somebody takes it upon themselves', async () => {
    const bad = await devices(1, { step_ms: 5, fail_step: 'Distribution' });
    const batch = await make([...bad, ...(await devices(1))], {
      waves: { by: 'count', count: 1 },
      gate: { on_breach: 'pause' },
    });
    await until(batch.id, ({ paused }) => paused);
    const refused = await verb(batch.id, 'resume');
    expect([refused.statusCode, problemOf(refused)]).toEqual([409, 'gate_closed']);
    expect((await verb(batch.id, 'resume', { override_gate: true })).statusCode).toBe(200);
    const over = await ended(batch.id);
    expect(over).toMatchObject({ outcome: 'failed', jobs: { failed: 1, succeeded: 1 } });
    expect(over.waves[0]!.gate).toMatchObject({ overridden_by: 'olga' });
  });

  it('changes nothing for who saw another version, and everything once for a repeated request', async () => {
    const batch = await make(await devices(1), { scheduled_for: '2099-01-01T00:00:00Z' });
    const outdated = await verb(batch.id, 'pause', {}, { 'if-match': '"999"' });
    expect([outdated.statusCode, problemOf(outdated)]).toEqual([412, 'outdated']);
    const weak = await verb(batch.id, 'pause', {}, { 'if-match': `W/"${batch.version}"` });
    expect(weak.statusCode).toBe(412);
    const nonsense = await verb(batch.id, 'pause', {}, { 'if-match': 'yes' });
    expect([nonsense.statusCode, problemOf(nonsense)]).toEqual([400, 'invalid_if_match']);
    expect((await get(batch.id)).paused).toBe(false);
    const headers = { 'if-match': `"7", "${batch.version}"`, 'idempotency-key': 'pause-once' };
    const [first, second] = [await verb(batch.id, 'pause', {}, headers), await verb(batch.id, 'pause', {}, headers)];
    expect([first.statusCode, second.statusCode]).toEqual([200, 200]);
    expect(first.headers.etag).toBe(`"${batch.version + 1}"`);
    expect(second.headers.etag).toBe(`"${batch.version + 1}"`);
    const other = await verb(batch.id, 'abort', {}, { 'idempotency-key': 'pause-once' });
    expect([other.statusCode, problemOf(other)]).toEqual([422, 'idempotency_mismatch']);
    expect((await verb(batch.id, 'abort', {}, { 'if-match': '*' })).statusCode).toBe(200);
  });

  it.each(['pause', 'resume', 'abort', 'cancel', 'retry', 'waves/0/checks'])(
    'lets only operators %s, and refuses what it does not understand',
    async (name) => {
      const { id } = await make(await devices(1), { scheduled_for: '2099-01-01T00:00:00Z' });
      const body = name.endsWith('checks') ? { name: 'probe', passed: true } : {};
      const viewer = await fleet.call('POST', `/batches/${id}/${name}`, body, { as: 'viewer' });
      expect([viewer.statusCode, problemOf(viewer)]).toEqual([403, 'role']);
      const stranger = await fleet.call('POST', `/batches/${id}/${name}`, body, { as: null });
      expect(stranger.statusCode).toBe(401);
      for (const wrong of [{ ...body, colour: 1 }, [], 'null', '"x"', '7']) {
        const answer = await fleet.call('POST', `/batches/${id}/${name}`, wrong, {
          headers: { 'content-type': 'application/json' },
        });
        // `null` is what an empty body is, where a verb needs nothing.
        if (wrong === 'null' && !name.endsWith('checks')) continue;
        expect([answer.statusCode, problemOf(answer)]).toEqual([400, 'invalid_fields']);
      }
      const query = await fleet.call('POST', `/batches/${id}/${name}?colour=1`, body);
      expect([query.statusCode, problemOf(query)]).toEqual([400, 'invalid_fields']);
      const gone = await fleet.call('POST', `/batches/00000000-0000-4000-8000-000000000000/${name}`, body);
      expect([gone.statusCode, problemOf(gone)]).toEqual([404, 'not_found']);
    },
  );
});
