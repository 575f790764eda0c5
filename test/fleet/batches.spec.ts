import { FleetApp, problemOf } from './fleet.js';

interface BatchBody {
  readonly id: string;
  readonly status: string;
  readonly outcome: string | null;
  readonly version: number;
  readonly jobs_total: number;
  readonly jobs: Record<string, number>;
  readonly waves: readonly {
    readonly wave: number;
    readonly label: string;
    readonly jobs_total: number;
    readonly gate: unknown;
  }[];
}

describe('making batches', () => {
  let fleet: FleetApp;
  const devices: string[] = [];
  beforeAll(async () => {
    // Nothing runs here: what is made stays as it was made.
    fleet = await FleetApp.start({ config: { role: 'api' } });
    const [image] = await fleet.sql<{ id: number }>(
      `insert into images (filename, version, platform, status, size_bytes, md5, pull_token)
       values ('new.bin', '2.0', null, 'ready', 1000, 'd41d8cd98f00b204e9800998ecf8427e', 'x') returning id`,
    );
    const [model] = await fleet.sql<{ id: number }>(
      'insert into device_models (name, default_image_id) values ($1, $2) returning id',
      ['m', image!.id],
    );
    const sites = await fleet.sql<{ id: number }>(`insert into sites (name) values ('berlin'), ('paris') returning id`);
    for (let n = 0; n < 10; n += 1) {
      const [row] = await fleet.sql<{ id: number }>(
        `insert into devices (hostname, ip_address, platform, version, model_id, site_id, tags, simulation)
         values ($1, '127.0.0.1', 'simulated', '1.0', $2, $3, $4::jsonb, '{"step_ms": 5}') returning id`,
        [`sw${n}`, n === 9 ? null : model!.id, sites[n % 2]!.id, JSON.stringify(n === 0 ? ['lab'] : [])],
      );
      devices.push(String(row!.id));
    }
  });
  afterAll(() => fleet.close());

  const good = () => devices.slice(0, 9);
  const request = (more: object = {}) => ({ targets: { kind: 'device', ids: good() }, action: 'upgrade', ...more });
  const create = (payload: unknown, headers: Record<string, string> = {}) =>
    fleet.call('POST', '/batches', payload, { headers, as: 'operator' });
  const count = async () => (await fleet.sql<{ count: string }>('select count(*) from batches'))[0]!.count;

  it('makes a batch with waves and gates, and says so in the audit trail', async () => {
    const answer = await create(
      request({
        name: 'Tuesday',
        mode: 'parallel',
        max_parallel: 3,
        waves: { canary: { tag: 'lab' }, canary_gate: { soak_s: 60 }, by: 'site', sites: ['paris'] },
        gate: { max_failure_percent: 10, checks: [{ name: 'probe' }], on_breach: 'pause' },
        deadline: '2099-01-01T00:00:00Z',
      }),
    );
    expect(answer.statusCode).toBe(201);
    const batch = answer.json<BatchBody>();
    expect(batch).toMatchObject({
      name: 'Tuesday',
      dialect: 'upgrade',
      kind: 'upgrade',
      status: 'running',
      outcome: null,
      max_parallel: 3,
      jobs_total: 9,
      created_by: 'olga',
      deadline: '2099-01-01T00:00:00.000Z',
    });
    expect(batch.waves.map(({ label, jobs_total }) => [label, jobs_total])).toEqual([
      ['canary', 1],
      ['paris', 4],
      ['berlin', 4],
    ]);
    expect(batch.waves[0]!.gate).toMatchObject({ soak_s: 60, max_failures: null, on_breach: 'halt' });
    expect(batch.waves[2]!.gate).toMatchObject({
      max_failure_percent: 10,
      checks: [{ name: 'probe' }],
      on_breach: 'pause',
    });
    const events = await fleet.sql('select action, user_name from audit_events where object_id = $1', [batch.id]);
    expect(events).toEqual([{ action: 'batch.create', user_name: 'olga' }]);
    const jobs = await fleet.get<{ items: { target: object; wave: number }[] }>(`/batches/${batch.id}/jobs?wave=0`);
    expect(jobs.items).toMatchObject([
      { wave: 0, target: { kind: 'device', id: devices[0], label: 'sw0', site: 'berlin', tags: ['lab'] } },
    ]);
  });

  it('takes names for ids, each target once, in the order asked for', async () => {
    const answer = await create(request({ targets: { kind: 'device', ids: ['sw3', devices[1], 'sw1', devices[3]] } }));
    const { id } = answer.json<BatchBody>();
    const { items } = await fleet.get<{ items: { target: { label: string } }[] }>(`/batches/${id}/jobs`);
    expect(items.map(({ target }) => target.label)).toEqual(['sw3', 'sw1']);
  });

  it('takes all that fit a filter, and leaves out whom it may', async () => {
    const paris = { targets: { kind: 'device', filter: { site: 'paris' } }, action: 'upgrade' };
    const refused = await create(paris);
    expect([refused.statusCode, problemOf(refused)]).toEqual([422, 'targets_refused']);
    expect(refused.json()).toMatchObject({
      refused: [{ id: devices[9], code: 'no_image_configured' }],
      refused_count: 1,
    });
    const skipped = await create({ ...paris, on_refused: 'skip' });
    expect([skipped.statusCode, skipped.json<BatchBody>().jobs_total]).toEqual([201, 4]);
    const none = await create({ ...paris, targets: { kind: 'device', filter: { site: 'rome' } } });
    expect([none.statusCode, problemOf(none)]).toEqual([422, 'no_targets']);
    const nobody = await create({
      targets: { kind: 'device', ids: [devices[9]] },
      action: 'upgrade',
      on_refused: 'skip',
    });
    expect([nobody.statusCode, problemOf(nobody)]).toEqual([422, 'targets_refused']);
  });

  it('makes one batch for a request that is sent twice with one key, and refuses another request with it', async () => {
    const key = { 'idempotency-key': 'once-only' };
    const before = Number(await count());
    const [first, second] = await Promise.all([create(request(), key), create(request(), key)]);
    expect([first!.statusCode, second!.statusCode]).toEqual([201, 201]);
    expect(second!.json<BatchBody>().id).toBe(first!.json<BatchBody>().id);
    expect((await create(request(), key)).json<BatchBody>().id).toBe(first!.json<BatchBody>().id);
    expect(Number(await count())).toBe(before + 1);
    const other = await create(request({ name: 'other' }), key);
    expect([other.statusCode, problemOf(other)]).toEqual([422, 'idempotency_mismatch']);
    const bad = await create(request(), { 'idempotency-key': '' });
    expect([bad.statusCode, problemOf(bad)]).toEqual([400, 'invalid_idempotency_key']);
  });

  it.each<[string, unknown, string]>([
    ['no body', undefined, '/targets'],
    ['a list', [], ''],
    ['an unknown field', { ...{}, colour: 'red' }, '/colour'],
    ['an unknown field inside', { targets: { kind: 'device', ids: ['1'], colour: 1 } }, '/targets/colour'],
    ['an unknown kind', { targets: { kind: 'spaceship', ids: ['1'] } }, '/targets/kind'],
    ['neither ids nor a filter', { targets: { kind: 'device' } }, '/targets'],
    ['both', { targets: { kind: 'device', ids: ['1'], filter: {} } }, '/targets'],
    ['null for ids, which is not all of them', { targets: { kind: 'device', ids: null } }, '/targets/ids'],
    ['null for the filter', { targets: { kind: 'device', filter: null } }, '/targets/filter'],
    ['null for the gate, which is not a batch without one', { gate: null }, '/gate'],
    ['null for the approval', { approval: null }, '/approval'],
    ['null for the calendar', { calendar: null }, '/calendar'],
    ['null for the deadline', { deadline: null }, '/deadline'],
    ['null for the limit', { max_parallel: null }, '/max_parallel'],
    ['null in the filter', { targets: { kind: 'device', filter: { site: null } } }, '/targets/filter/site'],
    ['numbers for ids', { targets: { kind: 'device', ids: [1] } }, '/targets/ids'],
    ['an object for a list', { targets: { kind: 'device', ids: { length: 1 } } }, '/targets/ids'],
    ['an unknown action', { action: 'explode' }, '/action'],
    ['an action of Object', { action: 'constructor' }, '/action'],
    ['an unknown parameter', { parameters: { colour: 1 } }, '/parameters/colour'],
    ['a wrong parameter', { parameters: { image_id: 'x' } }, '/parameters/image_id'],
    ['an image of null', { parameters: { image_id: null } }, '/parameters/image_id'],
    ['a list of parameters', { parameters: [] }, '/parameters'],
    ['a wrong mode', { mode: 'sideways' }, '/mode'],
    ['no parallelism', { max_parallel: 0 }, '/max_parallel'],
    ['a fraction', { max_parallel: 1.5 }, '/max_parallel'],
    ['waves by nothing', { waves: { by: 'count' } }, '/waves'],
    ['waves by two things', { waves: { by: 'count', count: 1, tags: ['x'] } }, '/waves/tags'],
    ['falling percents', { waves: { by: 'percent', percents: [50, 10] } }, '/waves/percents'],
    ['a canary of nothing', { waves: { canary: {} } }, '/waves/canary'],
    ['a canary of null', { waves: { canary: null } }, '/waves/canary'],
    ['a canary of null targets', { waves: { canary: { count: null } } }, '/waves/canary/count'],
    ['a canary’s gate of null', { waves: { canary: { count: 1 }, canary_gate: null } }, '/waves/canary_gate'],
    ['checks of null', { gate: { checks: null } }, '/gate/checks'],
    ['a soak of null', { gate: { soak_s: null } }, '/gate/soak_s'],
    ['a check of any age', { gate: { checks: [{ name: 'x', max_age_s: null }] } }, '/gate/checks/0/max_age_s'],
    ['a canary that fits nobody', { waves: { canary: { tag: 'lba' } } }, '/waves/canary'],
    ['percents of null', { waves: { by: 'percent', percents: null } }, '/waves/percents'],
    ['a gate of text', { gate: 'please' }, '/gate'],
    ['a wrong gate', { gate: { max_failures: -1 } }, '/gate/max_failures'],
    ['a wrong check', { gate: { checks: [{ name: 'x', colour: 1 }] } }, '/gate/checks/0/colour'],
    ['checks of text', { gate: { checks: ['x'] } }, '/gate/checks/0'],
    ['a deadline that is over', { deadline: '2001-01-01T00:00:00Z' }, '/deadline'],
    ['a day that is not', { scheduled_for: '2099-02-30T00:00:00Z' }, '/scheduled_for'],
    ['a time without a zone', { scheduled_for: '2099-01-01T00:00:00' }, '/scheduled_for'],
    ['a number for a time', { scheduled_for: 5 }, '/scheduled_for'],
    ['NUL', { name: 'a\u0000b' }, '/name'],
    ['half a surrogate pair', { name: 'a\ud800' }, '/name'],
    ['a blank name', { name: '' }, '/name'],
    ['a field of every object', { toString: 1 }, '/toString'],
    ['one further down', { waves: { canary: { count: 1, valueOf: 2 } } }, '/waves/canary/valueOf'],
    ['an approval by nobody', { approval: { needed: 0 } }, '/approval/needed'],
  ])('refuses %s with a pointer, and makes nothing', async (_what, more, pointer) => {
    const before = await count();
    const isWhole = more === undefined || Array.isArray(more);
    const answer = await create(isWhole ? more : request(more as object));
    expect([answer.statusCode, problemOf(answer)]).toEqual([400, 'invalid_fields']);
    const pointers = answer.json<{ errors: { pointer: string }[] }>().errors.map((error) => error.pointer);
    expect(pointers.some((each) => each.startsWith(pointer))).toBe(true);
    expect(await count()).toBe(before);
  });

  it('gives the gate of the canary to the canary only, whatever a tag is called', async () => {
    await fleet.sql(`update devices set tags = '["canary"]' where hostname = 'sw3'`);
    const waves = { canary: { tag: 'lab' }, canary_gate: { soak_s: 60 }, by: 'tag', tags: ['canary'] };
    const answer = await create(request({ waves, scheduled_for: '2099-01-01T00:00:00Z' }));
    await fleet.sql(`update devices set tags = '[]' where hostname = 'sw3'`);
    const shown = answer.json<BatchBody>().waves.map(({ label, gate }) => [label, gate === null]);
    expect(shown).toEqual([
      ['canary', false],
      ['canary', true],
      ['others', true],
    ]);
  });

  it('refuses targets that do not exist, all of them at once', async () => {
    const ids = [devices[0], '999999', 'nobody', '99999999999999999999', '-1', ' '];
    const answer = await create(request({ targets: { kind: 'device', ids } }));
    expect([answer.statusCode, problemOf(answer)]).toEqual([404, 'unknown_targets']);
    expect(answer.json()).toMatchObject({ unknown: ids.slice(1), unknown_count: 5 });
  });

  it('refuses an image that does not exist', async () => {
    const answer = await create(request({ parameters: { image_id: 4711 } }));
    expect([answer.statusCode, problemOf(answer)]).toEqual([404, 'not_found']);
    expect(answer.json()).not.toHaveProperty('body');
  });

  it('refuses what is no JSON, is a form, or is too deep', async () => {
    const raw = (payload: string, type = 'application/json') =>
      fleet.call('POST', '/batches', payload, { headers: { 'content-type': type } });
    expect(problemOf(await raw('{'))).toBe('malformed_body');
    expect(problemOf(await raw('action=upgrade', 'application/x-www-form-urlencoded'))).toBe('unsupported_media_type');
    expect(problemOf(await raw('action: upgrade', 'text/yaml'))).toBe('unsupported_media_type');
    const deep = await raw(`{"parameters": ${'{"a":'.repeat(5000)}1${'}'.repeat(5000)}}`);
    expect([deep.statusCode, problemOf(deep)]).toEqual([400, 'invalid_fields']);
    const huge = await raw('{"max_parallel": 1e999}');
    expect([huge.statusCode, problemOf(huge)]).toEqual([400, 'invalid_fields']);
  });
});
