import { insertDevices } from './devices.js';
import { FleetApp, problemOf, tokenOf } from './fleet.js';

let fleet: FleetApp;
let devices: string[];
const people: Record<string, string> = {};
beforeAll(async () => {
  fleet = await FleetApp.start({ config: { role: 'all' } });
  devices = await insertDevices(
    fleet,
    Array.from({ length: 13 }, (_, n) => ({ site: 'lab', tags: n < 2 ? ['core'] : [] })),
  );
  for (const name of ['ann', 'bob', 'eve']) people[name] = await tokenOf(fleet.running, name, 'operator');
  people['vic'] = await tokenOf(fleet.running, 'vic', 'viewer');
});
afterAll(() => fleet.close());

interface Approvals {
  readonly version: number;
  readonly needed: number;
  readonly given: number;
  readonly digest: string;
  readonly approved_at: string | null;
  readonly items: readonly { readonly by: string; readonly state: string }[];
}

/** Each test has a device of its own. */
let used = 0;
async function batch(more: object = {}, needed = 2): Promise<{ id: string; device: string }> {
  const device = devices[used]!;
  used += 1;
  const answer = await fleet.call(
    'POST',
    '/batches',
    { targets: { kind: 'device', ids: [device] }, action: 'upgrade', approval: { needed }, ...more },
    { as: 'operator' },
  );
  expect([answer.statusCode, answer.body]).toEqual([201, expect.any(String)]);
  return { id: answer.json<{ id: string }>().id, device };
}
const ask = (who: string, method: string, id: string, body?: unknown, headers: Record<string, string> = {}) =>
  fleet.running.inject({
    method,
    url: `/fleet/v1/batches/${id}/approvals`,
    payload: body,
    headers: { authorization: `Token ${people[who] ?? fleet.tokens.operator}`, ...headers },
  });
const approve = (who: string, id: string, body: object = {}) => ask(who, 'POST', id, body);
const approvals = (id: string) => fleet.get<Approvals>(`/batches/${id}/approvals`);
const statusOf = async (id: string) =>
  (
    await fleet.sql<{ status: string; started: string }>(
      `select b.status, (select count(*) from jobs j where j.batch_id = b.id and j.started_at is not null) as started
     from batches b where id = $1`,
      [id],
    )
  )[0]!;

async function until(id: string, status: string): Promise<void> {
  const deadline = Date.now() + 60_000;
  while ((await statusOf(id)).status !== status) {
    if (Date.now() > deadline) throw new Error(`${id} is ${JSON.stringify(await statusOf(id))}, not ${status}`);
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}
/** Has it planned, so that what it would do it has done. */
async function planned(id: string): Promise<void> {
  const [before] = await fleet.sql<{ at: Date | null }>('select clock_timestamp() as at');
  await fleet.sql(
    `select graphile_worker.add_job('batch.advance', json_build_object('id', $1::uuid), job_key := 'batch:' || $1::uuid)`,
    [id],
  );
  const deadline = Date.now() + 60_000;
  for (;;) {
    const [row] = await fleet.sql<{ done: boolean }>('select planned_at > $2 as done from batches where id = $1', [
      id,
      before!.at,
    ]);
    if (row!.done) return;
    if (Date.now() > deadline) throw new Error(`${id} was not planned`);
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}

describe('a batch that needs approvals', () => {
  it('starts with the last of them, and not before', async () => {
    const { id } = await batch();
    await planned(id);
    expect((await approve('ann', id, { comment: 'fine' })).json<Approvals>()).toMatchObject({
      needed: 2,
      given: 1,
      approved_at: null,
    });
    await planned(id);
    expect(await statusOf(id)).toEqual({ status: 'running', started: '0' });
    const last = await approve('bob', id);
    expect(last.statusCode).toBe(200);
    expect(last.json<Approvals>()).toMatchObject({ given: 2, approved_at: expect.any(String) as string });
    await until(id, 'succeeded');
    const trail = await fleet.sql<{ user_name: string }>(
      `select user_name from audit_events where action = 'batch.approve' and object_id = $1 order by id`,
      [id],
    );
    expect(trail.map(({ user_name }) => user_name)).toEqual(['ann', 'bob']);
    // What the batch itself did to its targets' versions does not take anything back.
    expect((await approvals(id)).items.map(({ by, state }) => [by, state])).toEqual([
      ['ann', 'counts'],
      ['bob', 'counts'],
    ]);
  });

  it('cannot be approved by who asked for it, twice by one, or by a viewer', async () => {
    const { id } = await batch();
    const own = await ask('olga', 'POST', id, {});
    expect([own.statusCode, problemOf(own)]).toEqual([403, 'own_batch']);
    const viewer = await approve('vic', id);
    expect([viewer.statusCode, problemOf(viewer)]).toEqual([403, 'role']);
    await approve('ann', id);
    expect((await approve('ann', id)).json<Approvals>()).toMatchObject({ given: 1, approved_at: null });
    await planned(id);
    expect((await statusOf(id)).started).toBe('0');
  });

  it('two people at the same time are two', async () => {
    const { id } = await batch();
    const answers = await Promise.all([approve('ann', id), approve('bob', id)]);
    expect(answers.map(({ statusCode }) => statusCode)).toEqual([200, 200]);
    await until(id, 'succeeded');
  });

  it('one can be taken back until it begins', async () => {
    const { id } = await batch({ scheduled_for: '2099-01-01T00:00:00Z' });
    await approve('ann', id);
    await approve('bob', id);
    expect((await approvals(id)).approved_at).not.toBeNull();
    const back = await ask('ann', 'DELETE', id);
    expect(back.json<Approvals>()).toMatchObject({ given: 1, approved_at: null });
    const again = await ask('ann', 'DELETE', id);
    expect([again.statusCode, problemOf(again)]).toEqual([404, 'no_approval']);
    await approve('eve', id);
    expect((await approvals(id)).approved_at).not.toBeNull();
  });

  const CHANGES: [string, (id: string, device: string) => Promise<unknown>][] = [
    [
      'a version of its targets',
      (_id, device) => fleet.sql(`update devices set version = '1.5' where id = $1`, [device]),
    ],
    [
      'its targets',
      (id) =>
        fleet.sql(
          `insert into jobs (batch_id, wave, position, kind, target_kind, target_id, label, status, steps, input) select batch_id, wave, 99, kind, target_kind, 'x' || target_id, label, 'cancelled', steps, input from jobs where batch_id = $1`,
          [id],
        ),
    ],
    [
      'a target that is gone',
      (_id, device) =>
        fleet.sql('update jobs set target_id = target_id || $2 where target_id = $1', [device, '000000']),
    ],
    [
      'its gates',
      (id) => fleet.sql(`update waves set gate = jsonb_set(gate, '{soakS}', '0') where batch_id = $1`, [id]),
    ],
    [
      'its calendar',
      () =>
        fleet.call('POST', '/windows', {
          name: `freeze-${used}`,
          kind: 'blackout',
          sites: ['lab'],
          zone: 'UTC',
          starts_at: '2090-01-01T00:00',
          duration_min: 5,
        }),
    ],
    [
      'what is done to them',
      (id) => fleet.sql(`update jobs set input = input || '{"more": 1}' where batch_id = $1`, [id]),
    ],
    ['how many at once', (id) => fleet.sql('update batches set max_parallel = 7 where id = $1', [id])],
  ];
  it.each(CHANGES)('a change of %s makes what was said void, and nothing starts', async (_what, change) => {
    // Due at once when it was approved; the change is made while it is held by its schedule.
    const { id, device } = await batch({ scheduled_for: '2099-01-01T00:00:00Z', gate: { soak_s: 1 } }, 1);
    expect((await approve('ann', id)).json<Approvals>().approved_at).not.toBeNull();
    await change(id, device);
    const { given, items } = await approvals(id);
    expect([given, items.map(({ state }) => state)]).toEqual([0, ['void']]);
    await fleet.sql('update batches set scheduled_for = now() where id = $1', [id]);
    await planned(id);
    await planned(id);
    expect((await statusOf(id)).started).toBe('0');
    expect((await approvals(id)).approved_at).toBeNull();
  });

  it('is begun with once it is approved as it is now', async () => {
    const { id, device } = await batch({}, 1);
    const seen = (await approvals(id)).digest;
    await fleet.sql(`update devices set version = '1.7' where id = $1`, [device]);
    const outdated = await approve('ann', id, { digest: seen });
    expect([outdated.statusCode, problemOf(outdated)]).toEqual([409, 'digest_changed']);
    expect((await approve('ann', id, { digest: (await approvals(id)).digest })).statusCode).toBe(200);
    await until(id, 'succeeded');
  });
});

describe('approvals', () => {
  it('run out: a late one is refused, an early one counts no longer', async () => {
    const device = await insertDevices(fleet, [{}]);
    const request = {
      targets: { kind: 'device', ids: device },
      action: 'upgrade',
      scheduled_for: '2099-01-01T00:00:00Z',
    };
    const made = await fleet.call(
      'POST',
      '/batches',
      { ...request, approval: { needed: 1, expires_min: 1 } },
      { as: 'operator' },
    );
    const { id } = made.json<{ id: string }>();
    await approve('ann', id);
    await fleet.sql(`update approvals set expires_at = now() - interval '1 second' where batch_id = $1`, [id]);
    expect((await approvals(id)).items.map(({ state }) => state)).toEqual(['expired']);
    await fleet.sql(
      `update batches set scheduled_for = now(), approval = jsonb_set(approval, '{expiresAt}', '"2020-01-01T00:00:00Z"') where id = $1`,
      [id],
    );
    await planned(id);
    await planned(id);
    expect((await statusOf(id)).started).toBe('0');
    const late = await approve('bob', id);
    expect([late.statusCode, problemOf(late)]).toEqual([409, 'approval_expired']);
  });

  it.each([
    ['an unknown field', { vote: true }],
    ['a digest that is none', { digest: 'abc' }],
    ['a comment that is too long', { comment: 'x'.repeat(1001) }],
  ])('with %s are refused', async (_what, body) => {
    const device = await insertDevices(fleet, [{}]);
    const request = { targets: { kind: 'device', ids: device }, action: 'upgrade', approval: { needed: 1 } };
    const { id } = (await fleet.call('POST', '/batches', request, { as: 'operator' })).json<{ id: string }>();
    const answer = await approve('ann', id, body);
    expect([answer.statusCode, problemOf(answer)]).toEqual([400, 'invalid_fields']);
    const outdated = await ask('ann', 'POST', id, {}, { 'if-match': '"99"' });
    expect([outdated.statusCode, problemOf(outdated)]).toEqual([412, 'outdated']);
    expect((await approvals(id)).items).toEqual([]);
  });

  it('are needed anew for what failed and is tried again', async () => {
    const { id, device } = await batch({}, 1);
    await fleet.sql(`update devices set simulation = '{"step_ms": 5, "fail_step": "Activation"}' where id = $1`, [
      device,
    ]);
    expect((await approve('ann', id)).statusCode).toBe(200);
    await until(id, 'failed');
    await fleet.sql(`update devices set simulation = '{"step_ms": 5}' where id = $1`, [device]);
    const retried = await fleet.call('POST', `/batches/${id}/retry`, { targets: 'failed' }, { as: 'operator' });
    expect(retried.statusCode).toBe(201);
    const again = retried.json<{ id: string }>().id;
    const [stored] = await fleet.sql<{ digest: string }>(
      `select approval ->> 'digest' as digest from batches where id = $1`,
      [again],
    );
    expect(stored!.digest).toMatch(/^[0-9a-f]{64}$/);
    expect(stored!.digest).not.toBe((await approvals(id)).digest);
    await planned(again);
    expect([await statusOf(again), await approvals(again)]).toMatchObject([
      { status: 'running', started: '0' },
      { needed: 1, given: 0, approved_at: null, items: [], digest: stored!.digest },
    ]);
    expect((await approve('olga', again)).statusCode).toBe(403);
    expect((await approve('ann', again, { digest: stored!.digest })).statusCode).toBe(200);
    await until(again, 'succeeded');
  });

  it('of what needs none, has ended, or is not there are refused', async () => {
    const device = await insertDevices(fleet, [{}, {}]);
    const target = (n: number) => ({ targets: { kind: 'device', ids: [device[n]] }, action: 'upgrade' });
    const plain = (await fleet.call('POST', '/batches', target(0), { as: 'operator' })).json<{ id: string }>();
    const none = await approve('ann', plain.id);
    expect([none.statusCode, problemOf(none)]).toEqual([409, 'needs_no_approval']);
    const needing = { ...target(1), approval: { needed: 1 } };
    const { id } = (await fleet.call('POST', '/batches', needing, { as: 'operator' })).json<{ id: string }>();
    expect((await fleet.call('POST', `/batches/${id}/cancel`, {})).statusCode).toBe(200);
    await until(id, 'cancelled');
    const ended = await approve('ann', id);
    expect([ended.statusCode, problemOf(ended)]).toEqual([409, 'batch_ended']);
    expect((await approve('ann', '00000000-0000-4000-8000-000000000000')).statusCode).toBe(404);
    expect((await approve('ann', 'x')).statusCode).toBe(404);
  });
});
