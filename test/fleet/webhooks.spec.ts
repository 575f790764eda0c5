import { randomUUID } from 'node:crypto';
import type { SettingValues } from '../../src/config/settings.js';
import { batch, Bench, job, World } from '../orchestration/probe.js';
import { cloneDatabase, type TestDatabase } from '../support/database.js';
import type { TestAnswer } from '../support/request.js';
import { problemOf, tokenOf } from './fleet.js';
import { Receiver, SECRET, type Received } from './receiver.js';

const OTHER_SECRET = `whsec_${Buffer.alloc(24, 9).toString('base64')}`;

describe('outgoing webhooks', () => {
  let database: TestDatabase;
  let bench: Bench;
  let receiver: Receiver;
  /** Where nothing is to arrive. */
  let elsewhere: Receiver | undefined;

  const start = (config: Partial<SettingValues> = {}) =>
    Bench.start(new World(), { database, config: { webhookAllow: ['127.0.0.1'], ...config } });

  beforeAll(async () => {
    database = await cloneDatabase();
    bench = await start();
  });
  beforeEach(async () => {
    receiver = await new Receiver().on();
  });
  afterEach(async () => {
    await receiver.off();
    await elsewhere?.off();
    await database.dataSource.query('delete from webhooks');
  });
  afterAll(async () => {
    await bench.close();
    await database.drop();
  });

  const call = (method: string, path: string, payload?: unknown, headers: Record<string, string> = {}) =>
    bench.app.inject({
      method,
      url: `/fleet/v1/webhooks${path}`,
      payload,
      headers: { authorization: `Token ${bench.app.adminToken}`, ...headers },
    });
  const create = async (wish: Record<string, unknown> = {}): Promise<{ id: number; version: number }> => {
    const answer = await call('POST', '', { name: randomUUID(), url: receiver.url, secret: SECRET, ...wish });
    expect([answer.statusCode, answer.body]).toEqual([201, expect.any(String)]);
    return answer.json();
  };
  const run = async (labels: string[]): Promise<string> => {
    const { id } = await bench.submit(batch(labels.map((label) => job(label))));
    await bench.ended(id);
    return id;
  };
  /** Everything the log has of these batches, as soon as all of it is in the log. */
  const logged = async (batches: string[]): Promise<{ seq: number; type: string; batch_id: string }[]> => {
    await bench.until(async () => {
      const [row] = await database.dataSource.query<{ rest: number }[]>(
        'select count(*)::int as rest from event_outbox',
      );
      return row!.rest === 0 ? true : undefined;
    });
    return database.dataSource.query(
      'select seq::float8 as seq, type, batch_id from events where batch_id = any($1::uuid[]) order by seq',
      [batches],
    );
  };
  const seqsOf = (seen: readonly Received[], batchId: string) =>
    seen.filter(({ message }) => message.data.batch_id === batchId).map(({ message }) => message.data.seq);
  /** Waits until the receiver has all of the batches, and checks that each one's came once and in order. */
  const expectAll = async (batches: string[], wanted = (_type: string) => true): Promise<void> => {
    const events = (await logged(batches)).filter(({ type }) => wanted(type));
    const ids = new Set(events.map(({ seq }) => `evt_${seq}`));
    await bench.until(() => (ids.size === new Set(receiver.received.map(({ id }) => id)).size ? true : undefined));
    for (const id of batches) {
      expect(seqsOf(receiver.received, id)).toEqual(
        events.filter((event) => event.batch_id === id).map(({ seq }) => seq),
      );
    }
    expect(receiver.refused).toEqual([]);
  };

  it('misses nothing of what happened while the receiver was off and the server was restarted', async () => {
    await create();
    const batches = [await run(['before'])];
    await expectAll(batches);
    await receiver.off();
    batches.push(await run(['off1', 'off2']), await run(['off3']));
    const failing = () =>
      database.dataSource.query<unknown[]>('select 1 from webhook_lanes where attempts > 0 and last_error is not null');
    await bench.until(async () => ((await failing()).length === 2 ? true : undefined));
    await bench.close();
    bench = await start();
    batches.push(await run(['restarted']));
    await receiver.on();
    batches.push(await run(['on again']));
    await expectAll(batches);
    expect(receiver.received.length).toBe((await logged(batches)).length);
    expect((await failing()).length).toBe(0);
  });

  it('sends what Standard Webhooks describe, the same id and body with every try', async () => {
    const tries: Received[] = [];
    receiver.answer = (seen, response) => {
      tries.push(seen);
      response.writeHead(tries.length < 3 ? 503 : 200, { 'retry-after': '1' }).end();
    };
    await create({ types: ['batch.succeeded'] });
    const id = await run(['standard']);
    await expectAll([id], (type) => type === 'batch.succeeded');
    expect(new Set(tries.map((each) => `${each.id} ${each.body}`)).size).toBe(1);
    expect(new Set(tries.map(({ headers }) => headers['webhook-signature'])).size).toBeGreaterThan(1);
    expect(tries[0]!.message).toMatchObject({
      type: 'batch.succeeded',
      timestamp: expect.stringMatching(/^\d{4}-\d\d-\d\dT[\d:.]+Z$/) as string,
      data: { batch_id: id, type: 'batch.succeeded', dialect: 'probe', data: { status: 'succeeded', from: 'running' } },
    });
  });

  it('keeps a batch’s order while one of its events is tried again, and lets other batches pass', async () => {
    let blocked: string | null = null;
    receiver.answer = (seen, response) => {
      blocked ??= seen.message.data.batch_id;
      const isBlocked = seen.message.data.batch_id === blocked && receiver.received.length < 3;
      response.writeHead(isBlocked ? 500 : 200).end();
    };
    await create({ types: ['job.*'] });
    const first = await run(['a']);
    const second = await run(['b', 'c']);
    await expectAll([first, second], (type) => type.startsWith('job.'));
    const [other] = [first, second].filter((id) => id !== blocked);
    expect(receiver.received.slice(0, 3).map(({ message }) => message.data.batch_id)).toEqual([other, other, other]);
  });

  it('puts what cannot be delivered among the dead letters, goes on, and delivers it again when told to', async () => {
    const { id } = await create({ types: ['job.queued', 'job.succeeded'] });
    receiver.answer = (seen, response) => {
      response.writeHead(seen.message.type === 'job.queued' ? 500 : 200).end();
    };
    const batchId = await run(['dead']);
    await logged([batchId]);
    // As if it had happened, and been tried, for days.
    await database.dataSource.query(`update events set at = at - interval '4 days' where batch_id = $1`, [batchId]);
    await database.dataSource.query(`update webhook_lanes set attempts = 5, next_at = now() where batch_id = $1`, [
      batchId,
    ]);
    await bench.until(() => (receiver.received.length === 1 ? true : undefined));
    const dead = await call('GET', `/${id}/deliveries?status=dead`);
    const [letter] = dead.json<{ items: { id: string }[] }>().items;
    expect(letter).toMatchObject({
      type: 'job.queued',
      batch_id: batchId,
      http_status: 500,
      error: expect.stringContaining('500') as string,
      status: 'dead',
    });
    // Its event may be pruned by the time somebody looks.
    await database.dataSource.query('delete from events where batch_id = $1', [batchId]);
    const again = await call('POST', `/${id}/redeliver`, { delivery_ids: [letter!.id] });
    expect([again.statusCode, again.json()]).toEqual([202, { redelivering: 1 }]);
    const isDeadAgain = async () => {
      const { items } = (await call('GET', `/${id}/deliveries?status=dead`)).json<{ items: { attempts: number }[] }>();
      return items[0] !== undefined && items[0].attempts > 6 ? true : undefined;
    };
    await bench.until(isDeadAgain);
    receiver.answer = (_seen, response) => void response.writeHead(200).end();
    expect((await call('POST', `/${id}/redeliver`)).json()).toEqual({ redelivering: 1 });
    await bench.until(() => (receiver.received.length === 2 ? true : undefined));
    expect(receiver.received.map(({ message }) => message.type)).toEqual(['job.succeeded', 'job.queued']);
    const history = await bench.until(async () => {
      const { items } = (await call('GET', `/${id}/deliveries`)).json<{ items: { type: string; status: string }[] }>();
      return items.every(({ status }) => status === 'delivered') ? items : undefined;
    });
    expect(history.map(({ type }) => type)).toEqual(['job.succeeded', 'job.queued']);
    expect((await call('POST', `/${id}/redeliver`)).json()).toEqual({ redelivering: 0 });
  });

  it('takes up what a process that died was telling, after its lease', async () => {
    const { id } = await create();
    const batchId = randomUUID();
    await database.dataSource.query('update webhooks set enabled = false where id = $1', [id]);
    const real = await run(['leased']);
    await logged([real]);
    await database.dataSource.query(
      `insert into webhook_lanes (webhook_id, batch_id, after_seq, upto_seq, lease, lease_until)
       select $1, $2, 0, max(seq), $3, now() + interval '3 seconds' from events where batch_id = $2`,
      [id, real, batchId],
    );
    const [before] = await database.dataSource
      .query<{ now: Date }[]>(
        'update webhooks set enabled = true, planned_seq = (select max(seq) from events) where id = $1 returning now()',
        [id],
      )
      .then((result) => [result].flat(2) as { now: Date }[]);
    await expectAll([real]);
    const [first] = await database.dataSource.query<{ at: Date }[]>(
      'select min(at) as at from webhook_deliveries where webhook_id = $1',
      [id],
    );
    expect(first!.at.getTime() - before!.now.getTime()).toBeGreaterThanOrEqual(2_900);
  });

  it('goes only where it may, and does not follow a redirection', async () => {
    elsewhere = await new Receiver().on();
    receiver.answer = (_seen, response) => void response.writeHead(307, { location: elsewhere?.url }).end();
    const redirected = await create({ types: ['batch.succeeded'] });
    const inside = await create({ types: ['batch.succeeded'], url: receiver.url.replace('127.0.0.1', '127.0.0.2') });
    await bench.close();
    bench = await start({ webhookAllow: ['127.0.0.1/32', 'public'] });
    await run(['guarded']);
    const errorOf = (id: number) =>
      bench.until(async () => {
        const { items } = (await call('GET', `/${id}/backlog`)).json<{ items: { last_error: string | null }[] }>();
        return items[0]?.last_error ?? undefined;
      });
    expect(await errorOf(redirected.id)).toContain('307');
    expect(await errorOf(inside.id)).toContain('127.0.0.2 may not be called: it is not in SLIPWAY_WEBHOOK_ALLOW');
    expect(elsewhere.received).toEqual([]);
  });

  it('is disabled by a receiver that is gone, and told what it missed when it is enabled again', async () => {
    const { id } = await create({ types: ['batch.*'] });
    receiver.answer = (_seen, response) => void response.writeHead(410).end();
    const first = await run(['gone']);
    const disabled = await bench.until(async () => {
      const hook = (await call('GET', `/${id}`)).json<{ enabled: boolean; version: number; disabled_reason: string }>();
      return hook.enabled ? undefined : hook;
    });
    expect(disabled).toMatchObject({ version: 2, disabled_reason: expect.stringContaining('410') as string });
    receiver.answer = (_seen, response) => void response.writeHead(200).end();
    const second = await run(['meanwhile']);
    const enabled = await call('PATCH', `/${id}`, { enabled: true }, { 'if-match': '"2"' });
    expect(enabled.json()).toMatchObject({ enabled: true, disabled_reason: null, version: 3 });
    await expectAll([first, second], (type) => type.startsWith('batch.'));
  });

  it('signs with the secret before as well for a day after a change', async () => {
    const { id } = await create({ types: ['batch.succeeded'] });
    await call('PATCH', `/${id}`, { secret: OTHER_SECRET }, { 'if-match': '*' });
    const first = await run(['old']);
    await expectAll([first], (type) => type === 'batch.succeeded');
    expect(String(receiver.received[0]!.headers['webhook-signature']).split(' ')).toHaveLength(2);
    receiver.secret = OTHER_SECRET;
    const second = await run(['new']);
    await expectAll([first, second], (type) => type === 'batch.succeeded');
    await database.dataSource.query(`update webhooks set previous_secret_until = now()`);
    await run(['later']);
    await bench.until(() => (receiver.received.length === 3 ? true : undefined));
    expect(String(receiver.received[2]!.headers['webhook-signature']).split(' ')).toHaveLength(1);
  });

  describe('their API', () => {
    const refusal = (answer: TestAnswer) => [answer.statusCode, problemOf(answer)];
    const good = () => ({ name: randomUUID(), url: 'https://example.org/hook', secret: SECRET });

    it('never shows a secret, neither in an answer nor in the audit trail nor in the database', async () => {
      const { id } = await create();
      for (const path of ['', `/${id}`, `/${id}/deliveries`, `/${id}/backlog`]) {
        expect((await call('GET', path)).body).not.toContain(SECRET.slice(6, 20));
      }
      await call('PATCH', `/${id}`, { secret: OTHER_SECRET, url: 'https://example.org/T0K3N' }, { 'if-match': '"1"' });
      await call('DELETE', `/${id}`, undefined, { 'if-match': '"2"' });
      const rows = await database.dataSource.query<unknown[]>(
        `select * from audit_events where object_type = 'webhook' and object_id = $1`,
        [String(id)],
      );
      expect(rows).toHaveLength(3);
      expect(JSON.stringify(rows)).not.toMatch(/whsec|BwcHBw|CQkJ|T0K3N|path-that-is-a-secret/);
    });

    it('creates once for a key, changes what was seen only, and deletes', async () => {
      const wish = good();
      const key = { 'idempotency-key': randomUUID() };
      const [first, second] = [await call('POST', '', wish, key), await call('POST', '', wish, key)];
      expect(second.json()).toEqual(first.json());
      expect(refusal(await call('POST', '', { ...wish, name: 'x' }, key))).toEqual([422, 'idempotency_mismatch']);
      expect(refusal(await call('POST', '', wish))).toEqual([409, 'name_taken']);
      const { id } = first.json<{ id: number }>();
      expect(first.headers['etag']).toBe('"1"');
      expect(refusal(await call('PATCH', `/${id}`, { name: 'y' }))).toEqual([428, 'precondition_required']);
      expect(refusal(await call('PATCH', `/${id}`, { name: 'y' }, { 'if-match': '"7"' }))).toEqual([412, 'outdated']);
      expect((await call('PATCH', `/${id}`, { types: ['job.*'] }, { 'if-match': '"1"' })).json()).toMatchObject({
        version: 2,
        types: ['job.*'],
        name: wish.name,
      });
      expect(refusal(await call('DELETE', `/${id}`))).toEqual([428, 'precondition_required']);
      expect((await call('DELETE', `/${id}`, undefined, { 'if-match': '"2"' })).statusCode).toBe(204);
      expect(refusal(await call('GET', `/${id}`))).toEqual([404, 'not_found']);
    });

    it.each([
      ['an unknown field', { nonsense: 1 }],
      ['no address', { url: 'nowhere' }],
      ['another protocol', { url: 'ftp://example.org/' }],
      ['a login in the address', { url: 'https://user:pw@example.org/' }],
      ['a short secret', { secret: 'whsec_c2hvcnQ=' }],
      ['a secret of another kind', { secret: 'plain text that is long enough' }],
      ['a NUL', { name: 'a\0b' }],
      ['an empty name', { name: '' }],
      ['a list for a name', { name: ['x'] }],
      ['a type that is none', { types: ['nonsense.*'] }],
      ['types that are no list', { types: 'job.*' }],
      ['null for types', { types: null }],
      ['a number in dialects', { dialects: [1] }],
      ['a misspelt dialect', { dialects: ['upgrade', 'feul'] }],
      ['text for enabled', { enabled: 'yes' }],
    ])('refuses %s', async (_what, wrong) => {
      expect(refusal(await call('POST', '', { ...good(), ...wrong }))).toEqual([400, 'invalid_fields']);
    });

    it('refuses ids that are none, and those who are no administrators', async () => {
      for (const id of ['0', '-1', 'x', '99999999999', '2147483647', '1e3']) {
        expect(refusal(await call('GET', `/${id}`))).toEqual([404, 'not_found']);
        expect((await call('POST', `/${id}/redeliver`, {})).statusCode).toBe(404);
      }
      const { id } = await create();
      for (const ids of [['x'], [1], ['99999999999999999999'], 'x', ['-1']]) {
        expect(refusal(await call('POST', `/${id}/redeliver`, { delivery_ids: ids }))).toEqual([400, 'invalid_fields']);
      }
      expect(refusal(await call('GET', `/${id}/deliveries?status=nonsense`))).toEqual([400, 'invalid_fields']);
      expect((await call('GET', '', undefined, { authorization: 'Token nobody' })).statusCode).toBe(401);
      const operator = { authorization: `Token ${await tokenOf(bench.app, 'olga', 'operator')}` };
      expect((await call('GET', '', undefined, operator)).statusCode).toBe(403);
      expect((await call('POST', '', good(), operator)).statusCode).toBe(403);
    });
  });
});
