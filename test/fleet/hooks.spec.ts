import { createHash, createHmac, randomUUID } from 'node:crypto';
import { Webhook } from 'standardwebhooks';
import type { TestAnswer } from '../support/request.js';
import { insertDevices } from './devices.js';
import { FleetApp, problemOf } from './fleet.js';

const SECRET = 'a secret of sixteen and more';
const STANDARD_SECRET = `whsec_${Buffer.alloc(32, 5).toString('base64')}`;

interface Answered {
  outcome: string;
  batch_id: string | null;
  reason: string | null;
  repeated: boolean;
}

describe('incoming hooks', () => {
  let fleet: FleetApp;
  let devices: string[];

  beforeAll(async () => {
    fleet = await FleetApp.start();
    devices = await insertDevices(fleet, [{ site: 'lab' }, { site: 'lab' }, { site: 'hq' }]);
    const request = { targets: { kind: 'device', ids: devices }, action: 'upgrade' };
    const parameters = [
      { name: 'devices', pointer: '/targets/ids' },
      { name: 'title', pointer: '/name' },
    ];
    await made('/plans', { name: 'rollout', request, parameters });
  });
  afterAll(() => fleet.close());

  const made = async <Body = { id: string; version: number; path: string }>(
    path: string,
    body: object,
  ): Promise<Body> => {
    const answer = await fleet.call('POST', path, body);
    expect([answer.statusCode, answer.body]).toEqual([201, expect.any(String)]);
    return answer.json<Body>();
  };
  const hook = (kind: string, more: object = {}) =>
    made('/hooks', {
      name: `hook-${randomUUID()}`,
      kind,
      secret: kind === 'standard' ? STANDARD_SECRET : SECRET,
      plan: 'rollout',
      mapping: { parameters: { title: { pointer: '/title' } } },
      ...more,
    });
  /** Sent as it is, without a token. */
  const send = (id: string, body: string, headers: Record<string, string>): Promise<TestAnswer> =>
    fleet.running.inject({
      method: 'POST',
      url: `/fleet/v1/hooks/${id}`,
      payload: body,
      headers: { 'content-type': 'application/json', ...headers },
    });
  const payload = (more: object = {}) => JSON.stringify({ title: 'from outside', nonce: randomUUID(), ...more });
  const hmac = (data: string, secret = SECRET) => createHmac('sha256', secret).update(data).digest('hex');
  const now = () => Math.floor(Date.now() / 1000);

  const SIGN: Record<string, (body: string, secret?: string) => Record<string, string>> = {
    github: (body, secret) => ({
      'x-hub-signature-256': `sha256=${hmac(body, secret)}`,
      'x-github-delivery': randomUUID(),
      'x-github-event': 'push',
    }),
    gitlab: (body, secret) => ({
      'x-gitlab-token': secret ?? SECRET,
      'x-gitlab-event': 'Push Hook',
      'idempotency-key': createHash('sha1').update(body).digest('hex'),
    }),
    standard: (body, secret) => {
      const id = `msg_${createHash('sha1').update(body).digest('hex')}`;
      const at = new Date(now() * 1000);
      return {
        'webhook-id': id,
        'webhook-timestamp': String(now()),
        'webhook-signature': new Webhook(secret ?? STANDARD_SECRET).sign(id, at, body),
      };
    },
    generic: (body, secret) => {
      const at = now();
      return { 'x-slipway-timestamp': String(at), 'x-slipway-signature': `sha256=${hmac(`${at}.${body}`, secret)}` };
    },
  };
  const started = (answer: TestAnswer): Answered => {
    expect([answer.statusCode, answer.json<Answered>().outcome]).toEqual([202, 'started']);
    return answer.json<Answered>();
  };
  const refusals = async (id: string): Promise<number> => {
    const [row] = await fleet.sql<{ count: number }>(
      `select count(*)::int as count from audit_events where object_type = 'hook' and object_id = $1
         and action = 'hook.refuse' and source = 'hook'`,
      [id],
    );
    return row!.count;
  };

  describe.each(['github', 'gitlab', 'standard', 'generic'])('of the kind %s', (kind) => {
    it('start their plan, with what the payload says, under the rights of who made them', async () => {
      const { id } = await hook(kind);
      const body = payload();
      const { batch_id } = started(await send(id, body, SIGN[kind]!(body)));
      const [batch] = await fleet.sql<Record<string, unknown>>(
        'select name, created_by_name, jobs_total from batches where id = $1',
        [batch_id],
      );
      expect(batch).toEqual({ name: 'from outside', created_by_name: 'admin', jobs_total: 3 });
      const [run] = await fleet.sql<Record<string, unknown>>('select plan_name from plan_runs where batch_id = $1', [
        batch_id,
      ]);
      expect(run).toEqual({ plan_name: 'rollout' });
    });

    it('start nothing for what was started already, by whatever name it comes again, even at once', async () => {
      const { id } = await hook(kind);
      const body = payload();
      const headers = SIGN[kind]!(body);
      const answers = await Promise.all([1, 2, 3, 4].map(() => send(id, body, headers)));
      answers.push(await send(id, body, { ...headers, 'x-github-delivery': randomUUID() }));
      expect(answers.map(({ statusCode }) => statusCode).sort()).toEqual([200, 200, 200, 200, 202]);
      expect(new Set(answers.map((answer) => answer.json<Answered>().batch_id)).size).toBe(1);
      expect(answers.filter((answer) => !answer.json<Answered>().repeated)).toHaveLength(1);
      const [row] = await fleet.sql<{ count: number }>(
        'select count(*)::int as count from hook_calls where hook_id = $1',
        [id],
      );
      expect(row!.count).toBe(1);
    });

    it('answer 401 to a wrong signature, start nothing, and write it into the audit trail', async () => {
      const { id } = await hook(kind);
      const body = payload();
      const right = SIGN[kind]!(body);
      const wrong: Record<string, string>[] = [
        {},
        SIGN[kind]!(
          body,
          kind === 'standard' ? `whsec_${Buffer.alloc(32, 6).toString('base64')}` : 'another secret of it',
        ),
        Object.fromEntries(Object.entries(right).map(([name]) => [name, ''])),
        Object.fromEntries(Object.entries(right).map(([name]) => [name, 'sha256='])),
        Object.fromEntries(Object.entries(right).map(([name, value]) => [name, `${value}x`])),
      ];
      for (const headers of wrong) {
        const answer = await send(id, body, headers);
        expect([headers, answer.statusCode, problemOf(answer)]).toEqual([headers, 401, 'invalid_signature']);
        expect(answer.body).not.toContain(SECRET);
      }
      if (kind !== 'gitlab') expect((await send(id, `${body} `, right)).statusCode).toBe(401);
      expect(await refusals(id)).toBe(kind === 'gitlab' ? 5 : 6);
      expect((await fleet.get<{ items: unknown[] }>(`/hooks/${id}/calls`)).items).toEqual([]);
    });
  });

  it('take no call that is older than five minutes, where the signature has a time', async () => {
    const body = payload();
    const generic = await hook('generic');
    const standard = await hook('standard');
    for (const off of [-301, 310]) {
      const at = now() + off;
      const plain = { 'x-slipway-timestamp': String(at), 'x-slipway-signature': `sha256=${hmac(`${at}.${body}`)}` };
      expect((await send(generic.id, body, plain)).statusCode).toBe(401);
      const headers = {
        'webhook-id': 'msg_1',
        'webhook-timestamp': String(at),
        'webhook-signature': new Webhook(STANDARD_SECRET).sign('msg_1', new Date(at * 1000), body),
      };
      expect((await send(standard.id, body, headers)).statusCode).toBe(401);
    }
  });

  it('take GitLab’s signing token as well, which shows no secret', async () => {
    const { id } = await hook('gitlab', { secret: STANDARD_SECRET });
    const body = payload();
    expect((await send(id, body, { 'x-gitlab-token': STANDARD_SECRET })).statusCode).toBe(401);
    started(await send(id, body, SIGN['standard']!(body)));
  });

  it('take a form of GitHub’s, signed as it was sent', async () => {
    const { id } = await hook('github');
    const body = new URLSearchParams({ payload: payload() }).toString();
    const headers = { ...SIGN['github']!(body), 'content-type': 'application/x-www-form-urlencoded' };
    started(await send(id, body, headers));
  });

  it('leave alone what is none of theirs, and start a delivery again that was refused', async () => {
    const mapping = {
      events: ['push'],
      when: [{ pointer: '/ref', starts_with: 'refs/tags/' }],
      parameters: { title: { pointer: '/ref', strip_prefix: 'refs/tags/' }, devices: { pointer: '/devices' } },
    };
    const { id, version } = await hook('github', { mapping });
    const call = (body: string, event = 'push') =>
      send(id, body, { ...SIGN['github']!(body), 'x-github-event': event });
    expect((await call(payload(), 'ping')).json()).toMatchObject({ outcome: 'ignored', batch_id: null });
    expect((await call(payload({ ref: 'refs/heads/main' }))).json()).toMatchObject({ outcome: 'ignored' });
    expect((await call(payload({ ref: 'refs/tags/v1' }), 'issues')).json()).toMatchObject({ outcome: 'ignored' });
    const incomplete = payload({ ref: 'refs/tags/v1' });
    const refused = await call(incomplete);
    expect([refused.statusCode, problemOf(refused)]).toEqual([422, 'nothing_to_map']);
    const unknown = await call(payload({ ref: 'refs/tags/v1', devices: ['999999'] }));
    expect([unknown.statusCode, problemOf(unknown)]).toEqual([404, 'unknown_targets']);
    const changed = { ...mapping, parameters: { ...mapping.parameters, devices: { value: [devices[1]] } } };
    const saved = await fleet.call(
      'PATCH',
      `/hooks/${id}`,
      { mapping: changed },
      { headers: { 'if-match': `"${version}"` } },
    );
    expect(saved.statusCode).toBe(200);
    const { batch_id } = started(await call(incomplete));
    const jobs = await fleet.sql<{ target_id: string }>('select target_id from jobs where batch_id = $1', [batch_id]);
    expect(jobs).toEqual([{ target_id: devices[1] }]);
    const { items } = await fleet.get<{ items: { outcome: string }[] }>(`/hooks/${id}/calls`);
    expect(items.map(({ outcome }) => outcome)).toEqual([
      'started',
      'refused',
      'refused',
      'ignored',
      'ignored',
      'ignored',
    ]);
  });

  it('start nothing while they are disabled, or when their owner may not any more', async () => {
    const { id } = await hook('github', { enabled: false });
    const body = payload();
    const disabled = await send(id, body, SIGN['github']!(body));
    expect([disabled.statusCode, problemOf(disabled)]).toEqual([409, 'hook_disabled']);
    await fleet.call('PATCH', `/hooks/${id}`, { enabled: true }, { headers: { 'if-match': '*' } });
    await fleet.sql(`update hooks set owner_id = (select id from users where username = 'vera') where id = $1`, [id]);
    const viewer = await send(id, body, SIGN['github']!(body));
    expect([viewer.statusCode, problemOf(viewer)]).toEqual([422, 'owner_may_not']);
    await fleet.sql('update hooks set owner_id = 999999 where id = $1', [id]);
    expect((await send(id, body, SIGN['github']!(body))).statusCode).toBe(422);
  });

  it.each([
    ['no JSON', '{'],
    ['nothing', ''],
    ['a list', '[]'],
    ['text', '"x"'],
    ['a NUL', JSON.stringify({ title: 'a\0b' })],
    ['half a surrogate pair', '{"title":"\\ud800"}'],
    ['a thousand brackets', `{"title":${'['.repeat(1000)}${']'.repeat(1000)}}`],
    ['a number too large', '{"title":1e999}'],
  ])('refuse a signed payload that is %s', async (_what, body) => {
    const { id } = await hook('github');
    const answer = await send(id, body, SIGN['github']!(body));
    expect([answer.statusCode, problemOf(answer)]).toEqual([400, 'invalid_payload']);
  });

  it('are found by their id only, take bodies of two megabytes, and no other media type', async () => {
    const body = payload();
    for (const id of ['1', 'x', randomUUID(), '%00']) {
      expect((await send(id, body, SIGN['github']!(body))).statusCode).toBe(404);
    }
    const { id } = await hook('github');
    const large = JSON.stringify({ title: 'x'.repeat(2 * 1024 * 1024) });
    expect((await send(id, large, SIGN['github']!(large))).statusCode).toBe(413);
    const xml = await send(id, '<x/>', { ...SIGN['github']!('<x/>'), 'content-type': 'application/xml' });
    expect(xml.statusCode).toBe(415);
  });

  it('tell a guesser to wait, and write no more of it into the trail', async () => {
    const { id } = await hook('github');
    let last = 401;
    for (let n = 0; n < 14 && last === 401; n += 1) {
      const some = await Promise.all(Array.from({ length: 50 }, () => send(id, '{}', {})));
      last = Math.max(...some.map(({ statusCode }) => statusCode));
    }
    expect(last).toBe(429);
    const before = await refusals(id);
    expect((await send(id, '{}', {})).statusCode).toBe(429);
    expect(await refusals(id)).toBe(before);
    const body = payload();
    started(await send(id, body, SIGN['github']!(body)));
  });

  describe('their API', () => {
    const refusal = (answer: TestAnswer) => [answer.statusCode, problemOf(answer)];
    const good = () => ({ name: `hook-${randomUUID()}`, kind: 'github', secret: SECRET, plan: 'rollout' });

    it('shows all but the secret, which is nowhere in clear', async () => {
      const mapping = {
        events: ['push'],
        when: [
          { pointer: '/ref', equals: 'refs/heads/main' },
          { pointer: '/a', one_of: ['x'] },
          { pointer: '/b', equals: null },
        ],
        parameters: { title: { template: 'x{/ref}', fallback: 'y' }, devices: { value: ['1'] } },
      };
      const wish = { ...good(), mapping };
      const created = await fleet.call('POST', '/hooks', wish);
      const { id } = created.json<{ id: string }>();
      const { secret: _secret, ...shown } = wish;
      expect(created.json()).toMatchObject({ ...shown, path: `/fleet/v1/hooks/${id}`, owner: 'admin', version: 1 });
      expect(await fleet.get(`/hooks/${id}`)).toEqual(created.json());
      await fleet.call('PATCH', `/hooks/${id}`, { secret: `${SECRET}!` }, { headers: { 'if-match': '"1"' } });
      expect(
        (await fleet.call('DELETE', `/hooks/${id}`, undefined, { headers: { 'if-match': '"2"' } })).statusCode,
      ).toBe(204);
      expect(refusal(await fleet.call('GET', `/hooks/${id}`))).toEqual([404, 'not_found']);
      const everywhere = [
        created.body,
        ...(await fleet.sql('select row_to_json(a)::text as text from audit_events a')).map((row) =>
          JSON.stringify(row),
        ),
        ...(await fleet.sql('select row_to_json(h)::text as text from hooks h')).map((row) => JSON.stringify(row)),
        ...(await fleet.sql('select row_to_json(k)::text as text from idempotency_keys k')).map((row) =>
          JSON.stringify(row),
        ),
      ].join();
      expect(everywhere).toContain('rollout');
      expect(everywhere).not.toContain(SECRET);
    });

    it('creates once for a key, and changes and deletes what was seen only', async () => {
      const wish = good();
      const headers = { 'idempotency-key': randomUUID() };
      const first = await fleet.call('POST', '/hooks', wish, { headers });
      expect((await fleet.call('POST', '/hooks', wish, { headers })).json()).toEqual(first.json());
      const { id } = first.json<{ id: string }>();
      expect(refusal(await fleet.call('POST', '/hooks', wish))).toEqual([409, 'name_taken']);
      expect(refusal(await fleet.call('PATCH', `/hooks/${id}`, {}))).toEqual([428, 'precondition_required']);
      const outdated = { headers: { 'if-match': '"9"' } };
      expect(refusal(await fleet.call('PATCH', `/hooks/${id}`, {}, outdated))).toEqual([412, 'outdated']);
      expect(refusal(await fleet.call('DELETE', `/hooks/${id}`, undefined, outdated))).toEqual([412, 'outdated']);
    });

    it.each([
      ['an unknown field', { nonsense: 1 }, 400, 'invalid_fields'],
      ['another kind', { kind: 'bitbucket' }, 400, 'invalid_fields'],
      ['a short secret', { secret: 'short' }, 400, 'invalid_fields'],
      ['a secret that does not fit its kind', { kind: 'standard' }, 422, 'unfit_secret'],
      ['a plan there is not', { plan: 'nowhere' }, 422, 'unknown_plan'],
      ['a name with a space', { name: 'a b' }, 400, 'invalid_fields'],
      ['a list for a mapping', { mapping: [] }, 400, 'invalid_fields'],
      ['an unknown field in the mapping', { mapping: { nonsense: [] } }, 400, 'invalid_fields'],
      ['a place that is none', { mapping: { when: [{ pointer: 'ref', equals: 'x' }] } }, 400, 'invalid_fields'],
      ['a condition without a condition', { mapping: { when: [{ pointer: '/ref' }] } }, 400, 'invalid_fields'],
      [
        'two conditions in one',
        { mapping: { when: [{ pointer: '/r', equals: 1, starts_with: 'x' }] } },
        400,
        'invalid_fields',
      ],
      ['an object to equal', { mapping: { when: [{ pointer: '/r', equals: {} }] } }, 400, 'invalid_fields'],
      ['a parameter that is no object', { mapping: { parameters: { a: 'x' } } }, 400, 'invalid_fields'],
      ['a parameter from nowhere', { mapping: { parameters: { a: {} } } }, 400, 'invalid_fields'],
      [
        'a parameter from two places',
        { mapping: { parameters: { a: { pointer: '/x', value: 1 } } } },
        400,
        'invalid_fields',
      ],
      [
        'a prefix without a place',
        { mapping: { parameters: { a: { value: 1, strip_prefix: 'x' } } } },
        400,
        'invalid_fields',
      ],
    ])('refuses %s', async (_what, wrong, status, code) => {
      expect(refusal(await fleet.call('POST', '/hooks', { ...good(), ...wrong }))).toEqual([status, code]);
    });

    it('is for administrators', async () => {
      for (const as of ['viewer', 'operator'] as const) {
        expect((await fleet.call('GET', '/hooks', undefined, { as })).statusCode).toBe(403);
        expect((await fleet.call('POST', '/hooks', good(), { as })).statusCode).toBe(403);
      }
      expect((await fleet.call('GET', '/hooks', undefined, { as: null })).statusCode).toBe(401);
    });
  });
});
