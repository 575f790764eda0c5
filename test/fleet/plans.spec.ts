import { insertDevices } from './devices.js';
import { FleetApp, problemOf } from './fleet.js';

let fleet: FleetApp;
let devices: string[];
beforeAll(async () => {
  fleet = await FleetApp.start();
  devices = await insertDevices(fleet, [{ site: 'lab' }, { site: 'lab', tags: ['core'] }, { site: 'hq' }]);
});
afterAll(() => fleet.close());

const request = (more: object = {}) => ({ targets: { kind: 'device', ids: devices }, action: 'upgrade', ...more });
const PARAMETERS = [{ name: 'devices', pointer: '/targets/ids' }];

async function makePlan(name: string, body: object = {}): Promise<void> {
  const answer = await fleet.call('POST', '/plans', { name, request: request(), ...body }, { as: 'operator' });
  expect([answer.statusCode, answer.body]).toEqual([201, expect.any(String)]);
}
const start = (name: string, body: object = {}, headers: Record<string, string> = {}) =>
  fleet.call('POST', `/plans/${name}/runs`, body, { as: 'operator', headers });
const targetsOf = async (batchId: string) =>
  (
    await fleet.sql<{ target_id: string }>('select target_id from jobs where batch_id = $1 order by position', [
      batchId,
    ])
  ).map(({ target_id }) => target_id);

describe('a plan', () => {
  it('is made, read, changed and deleted, each with its audit record', async () => {
    await makePlan('nightly', { description: 'all of them', parameters: PARAMETERS });
    expect(await fleet.get('/plans/nightly', { as: 'viewer' })).toMatchObject({
      name: 'nightly',
      request: request(),
      parameters: [{ name: 'devices', pointer: '/targets/ids', required: false }],
      enabled: true,
      version: 1,
      created_by: 'olga',
    });
    const changed = await fleet.call('PATCH', '/plans/nightly', { enabled: false }, { headers: { 'if-match': '"1"' } });
    expect(changed.json()).toMatchObject({ enabled: false, description: 'all of them', version: 2 });
    const off = await start('nightly');
    expect([off.statusCode, problemOf(off)]).toEqual([409, 'plan_disabled']);
    const gone = await fleet.call('DELETE', '/plans/nightly', undefined, { headers: { 'if-match': '"2"' } });
    expect(gone.statusCode).toBe(204);
    expect((await start('nightly')).statusCode).toBe(404);
    const trail = await fleet.sql<{ action: string }>(
      `select action from audit_events where object_type = 'plan' and object_repr = 'nightly' order by id`,
    );
    expect(trail.map(({ action }) => action)).toEqual(['plan.create', 'plan.update', 'plan.delete']);
  });

  it('is started as often as asked, and once for an Idempotency-Key', async () => {
    await makePlan('again', { parameters: PARAMETERS });
    const first = await start('again', {}, { 'idempotency-key': 'run-1' });
    const same = await start('again', {}, { 'idempotency-key': 'run-1' });
    const other = await start('again', { parameters: { devices: [devices[1]] } });
    expect([first.statusCode, same.statusCode, other.statusCode]).toEqual([201, 201, 201]);
    expect(same.json()).toEqual(first.json());
    expect(await targetsOf(first.json<{ batch_id: string }>().batch_id)).toEqual(devices);
    expect(await targetsOf(other.json<{ batch_id: string }>().batch_id)).toEqual([devices[1]]);
    const runs = await fleet.get<{ items: { batch_id: string; plan_version: number }[] }>('/plans/again/runs');
    expect(runs.items.map(({ batch_id }) => batch_id)).toEqual(
      [other, first].map((answer) => answer.json<{ batch_id: string }>().batch_id),
    );
    const [batch] = await fleet.sql<{ name: string }>('select name from batches where id = $1', [
      runs.items[0]!.batch_id,
    ]);
    expect(batch).toEqual({ name: 'again' });
  });

  it.each([
    ['a parameter it has not', { parameters: { image: 'x' } }, 422, 'unknown_parameter'],
    ['without one it needs', { parameters: {} }, 422, 'missing_parameter'],
    ['a value that cannot be', { parameters: { devices: 'all' } }, 400, 'invalid_fields'],
    ['targets there are not', { parameters: { devices: ['999999'] } }, 404, 'unknown_targets'],
    ['another field', { devices: [] }, 400, 'invalid_fields'],
    ['a list for parameters', { parameters: [] }, 400, 'invalid_fields'],
  ])('with %s is not started', async (what, body, status, code) => {
    const name = `strict-${what.replaceAll(' ', '-')}`;
    await makePlan(name, { parameters: [{ ...PARAMETERS[0], required: true }] });
    const batches = () => fleet.sql('select count(*) from batches');
    const before = await batches();
    const answer = await start(name, body);
    expect([answer.statusCode, problemOf(answer)]).toEqual([status, code]);
    expect(await batches()).toEqual(before);
  });

  it.each([
    ['no request', { request: undefined }, '/request'],
    ['a request that is none', { request: { targets: [], action: 'upgrade' } }, '/request/targets'],
    [
      'an unknown field inside',
      { request: { ...{ action: 'x' }, targets: { kind: 'device', colour: 1 } } },
      '/request/targets/colour',
    ],
    [
      'a moment to start',
      {
        request: { targets: { kind: 'device', ids: ['1'] }, action: 'upgrade', scheduled_for: '2099-01-01T00:00:00Z' },
      },
      '/request/scheduled_for',
    ],
    [
      'a kind of targets there is not',
      { request: { targets: { kind: 'devise', ids: ['1'] }, action: 'upgrade' } },
      '/request/targets/kind',
    ],
    ['an action there is not', { request: request({ action: 'upgrad' }) }, '/request/action'],
    [
      'a word its action does not know',
      { request: request({ parameters: { colour: 1 } }) },
      '/request/parameters/colour',
    ],
    ['waves that need more', { request: request({ waves: { by: 'percent' } }) }, '/request/waves'],
    ['a parameter twice', { parameters: [PARAMETERS[0], PARAMETERS[0]] }, '/parameters/1/name'],
    ['a pointer that is none', { parameters: [{ name: 'a', pointer: 'targets' }] }, '/parameters/0/pointer'],
    ['a pointer into JavaScript', { parameters: [{ name: 'a', pointer: '/__proto__/x' }] }, '/parameters/0/pointer'],
    ['an unknown field', { colour: 'red' }, '/colour'],
  ])('with %s is refused', async (_what, body, pointer) => {
    const answer = await fleet.call('POST', '/plans', { name: 'bad', request: request(), ...body });
    expect([answer.statusCode, problemOf(answer)]).toEqual([400, 'invalid_fields']);
    expect(answer.json<{ errors: { pointer: string }[] }>().errors.map((error) => error.pointer)).toContain(pointer);
    expect((await fleet.call('GET', '/plans/bad')).statusCode).toBe(404);
  });

  it.each([
    ['/targets', { targets: { kind: 'devise', ids: ['1'] }, action: 'upgrad' }],
    ['/targets/kind', { targets: { kind: 'devise', ids: ['1'] }, action: 'upgrad' }],
    ['/action', { ...request(), action: 'upgrad' }],
    ['/parameters', { ...request(), parameters: { colour: 1 } }],
    ['/waves/percents', { ...request(), waves: { by: 'percent' } }],
    ['/parameters/image', { ...request(), parameters: { colour: 1 } }],
  ])('what a run may say at %s is judged when it is said', async (pointer, kept) => {
    const parameters = [{ name: 'said', pointer }];
    const answer = await fleet.call('POST', '/plans', {
      name: `open${pointer.replaceAll('/', '-')}`,
      request: kept,
      parameters,
    });
    expect(answer.statusCode).toBe(201);
  });

  it('that was stored when its action still had another name can be switched off', async () => {
    await makePlan('old');
    await fleet.sql(`update plans set request = jsonb_set(request, '{action}', '"renamed"') where name = 'old'`);
    const changed = (body: object) => fleet.call('PATCH', '/plans/old', body, { headers: { 'if-match': '*' } });
    expect((await changed({ enabled: false })).statusCode).toBe(200);
    expect((await changed({ parameters: PARAMETERS })).statusCode).toBe(400);
  });

  it.each(['/plans/nope', '/plans/a%00b', `/plans/${'x'.repeat(300)}`, '/plans/nope/runs', '/plans/%E2%82%AC'])(
    '%s is not there',
    async (path) => {
      expect((await fleet.call('GET', path)).statusCode).toBe(404);
    },
  );
});

describe('a token for a plan', () => {
  const withKey = (key: string, method: string, url: string, payload?: unknown) =>
    fleet.running.inject({ method, url, payload, headers: { authorization: `Bearer ${key}` } });
  async function mint(plan: string, body: object = {}): Promise<{ key: string; id: number }> {
    const answer = await fleet.call('POST', `/plans/${plan}/tokens`, body);
    expect(answer.statusCode).toBe(201);
    return answer.json<{ key: string; id: number }>();
  }
  let token: { key: string; id: number };
  beforeAll(async () => {
    await makePlan('deploy', { parameters: PARAMETERS });
    await makePlan('other');
    token = await mint('deploy', { description: 'ci' });
  });

  it('starts its plan, and sees what it started', async () => {
    const started = await withKey(token.key, 'POST', '/fleet/v1/plans/deploy/runs', {});
    expect(started.statusCode).toBe(201);
    const { batch_id } = started.json<{ batch_id: string }>();
    const [run] = await fleet.sql('select token_id, plan_name from plan_runs where batch_id = $1', [batch_id]);
    expect(run).toEqual({ token_id: token.id, plan_name: 'deploy' });
    expect((await withKey(token.key, 'GET', '/fleet/v1/plans/deploy')).statusCode).toBe(200);
    expect((await withKey(token.key, 'POST', '/fleet/v1/plans/deploy/preview', {})).statusCode).toBe(200);
    const seen = await withKey(token.key, 'GET', `/fleet/v1/batches/${batch_id}`);
    expect([seen.statusCode, seen.json<{ id: string }>().id]).toEqual([200, batch_id]);
    // What somebody else started from the same plan is not there for it.
    const others = await start('deploy');
    const hidden = await withKey(token.key, 'GET', `/fleet/v1/batches/${others.json<{ batch_id: string }>().batch_id}`);
    expect(hidden.statusCode).toBe(404);
  });

  it.each([
    ['POST', '/fleet/v1/plans/other/runs', {}],
    ['GET', '/fleet/v1/plans/other', undefined],
    ['GET', '/fleet/v1/plans', undefined],
    ['PATCH', '/fleet/v1/plans/deploy', { enabled: false }],
    ['POST', '/fleet/v1/plans/deploy/tokens', {}],
    ['POST', '/fleet/v1/batches', {}],
    ['GET', '/fleet/v1/batches', undefined],
    ['GET', '/api/upgrade/status/', undefined],
    ['GET', '/api/dcim/devices/', undefined],
    ['POST', '/api/upgrade/trigger/', {}],
    ['GET', '/clusters', undefined],
    ['DELETE', '/v1/nodes/1', undefined],
    ['GET', '/rest/projects', undefined],
  ])('%s %s is refused to it', async (method, url, payload) => {
    const answer = await withKey(token.key, method, url, payload);
    expect(answer.statusCode).toBe(403);
    if (url.startsWith('/fleet')) expect(problemOf(answer)).toBe('scope');
  });

  it('is worth no other token, and nobody is told that it is a whole one', async () => {
    const exchanged = await fleet.running.inject({
      method: 'POST',
      url: '/keystone/v3/auth/tokens',
      payload: { auth: { identity: { methods: ['token'], token: { id: token.key } } } },
    });
    expect(exchanged.statusCode).toBe(401);
    const looked = await fleet.running.inject({
      method: 'GET',
      url: '/keystone/v3/auth/tokens',
      headers: { 'x-auth-token': fleet.tokens.admin, 'x-subject-token': token.key },
    });
    expect(looked.statusCode).toBe(404);
  });

  it('runs out', async () => {
    const short = await mint('deploy', { expires_min: 1 });
    await fleet.sql(`update tokens set expires_at = now() - interval '1 second' where id = $1`, [short.id]);
    const late = await withKey(short.key, 'POST', '/fleet/v1/plans/deploy/runs', {});
    expect([late.statusCode, problemOf(late)]).toEqual([401, 'expired']);
    expect((await fleet.call('POST', '/plans/deploy/tokens', { expires_min: 525_601 })).statusCode).toBe(400);
  });

  it('is made by administrators, shown once, listed without its key, and taken back', async () => {
    const operator = await fleet.call('POST', '/plans/deploy/tokens', {}, { as: 'operator' });
    expect([operator.statusCode, problemOf(operator)]).toEqual([403, 'role']);
    const made = await mint('deploy', { allowed_ips: ['10.0.0.0/8'] });
    const elsewhere = await withKey(made.key, 'POST', '/fleet/v1/plans/deploy/runs', {});
    expect([elsewhere.statusCode, problemOf(elsewhere)]).toEqual([403, 'address']);
    const list = await fleet.call('GET', '/plans/deploy/tokens');
    expect(list.body).not.toContain(made.key);
    expect(list.json<{ items: { id: number }[] }>().items.map(({ id }) => id)).toContain(made.id);
    expect((await fleet.call('DELETE', `/plans/other/tokens/${made.id}`)).statusCode).toBe(404);
    expect((await fleet.call('DELETE', `/plans/deploy/tokens/${made.id}`)).statusCode).toBe(204);
    expect((await withKey(made.key, 'POST', '/fleet/v1/plans/deploy/runs', {})).statusCode).toBe(401);
    const bad = await fleet.call('POST', '/plans/deploy/tokens', { allowed_ips: ['nowhere'] });
    expect([bad.statusCode, problemOf(bad)]).toEqual([400, 'invalid_fields']);
  });

  it('a repetition gets the same key, which is nowhere in clear', async () => {
    const call = () => fleet.call('POST', '/plans/deploy/tokens', {}, { headers: { 'idempotency-key': 'token-1' } });
    const [first, second] = [await call(), await call()];
    const { key } = first.json<{ key: string }>();
    expect(second.json<{ key: string }>().key).toBe(key);
    const stored = await fleet.sql(`select answer::text from idempotency_keys where key = 'token-1'`);
    const trail = await fleet.sql(`select after::text from audit_events where object_type = 'token'`);
    expect(JSON.stringify([stored, trail])).not.toContain(key);
  });

  it('goes with its plan', async () => {
    await makePlan('short-lived');
    const { key } = await mint('short-lived');
    expect((await withKey(key, 'GET', '/fleet/v1/plans/short-lived')).statusCode).toBe(200);
    await fleet.call('DELETE', '/plans/short-lived', undefined, { headers: { 'if-match': '*' } });
    expect((await withKey(key, 'GET', '/fleet/v1/plans/short-lived')).statusCode).toBe(401);
  });
});
