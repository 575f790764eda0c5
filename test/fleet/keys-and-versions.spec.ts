import { randomUUID } from 'node:crypto';
import type { TestAnswer } from '../support/request.js';
import { insertDevices } from './devices.js';
import { FleetApp, problemOf } from './fleet.js';

const SECRET = `whsec_${Buffer.alloc(32, 7).toString('base64')}`;

/**
 * Whatever is posted twice with one key is done once, and what was seen as it is not any more is left alone. Those that are
 * not here are in the specs of what they make.
 */
describe('keys and versions', () => {
  let fleet: FleetApp;
  let batchId: string;
  let webhookId: string;
  beforeAll(async () => {
    fleet = await FleetApp.start();
    const [device] = await insertDevices(fleet, [{}]);
    const request = { targets: { kind: 'device', ids: [device] }, action: 'upgrade' };
    const made = async (path: string, body: object) => {
      const answer = await fleet.call('POST', path, body, { as: path === '/batches' ? 'operator' : 'admin' });
      expect([answer.statusCode, answer.body]).toEqual([201, expect.any(String)]);
      return String(answer.json<{ id: string | number }>().id);
    };
    await made('/plans', { name: 'there', request });
    batchId = await made('/batches', { ...request, approval: { needed: 2 } });
    webhookId = await made('/webhooks', { name: 'hook', url: 'https://example.com/', secret: SECRET });
  });
  afterAll(() => fleet.close());

  const schedule = { plan: 'there', zone: 'UTC', starts_at: '2099-01-01T00:00' };
  const request = { targets: { kind: 'device', filter: {} }, action: 'upgrade' };
  it.each<[string, () => string, object, object, string]>([
    ['a plan', () => '/plans', { name: 'twice', request }, { name: 'other', request }, 'plan.create'],
    [
      'a schedule',
      () => '/schedules',
      { name: 'twice', ...schedule },
      { name: 'other', ...schedule },
      'schedule.create',
    ],
    ['an approval', () => `/batches/${batchId}/approvals`, {}, { comment: 'again' }, 'batch.approve'],
    ['a redelivery', () => `/webhooks/${webhookId}/redeliver`, {}, { delivery_ids: ['1'] }, 'webhook.redeliver'],
  ])('do %s once', async (what, path, body, other, action) => {
    const post = (payload: object): Promise<TestAnswer> =>
      fleet.call('POST', path(), payload, { headers: { 'idempotency-key': `key of ${what}` } });
    const first = await post(body);
    expect(first.statusCode).toBeLessThan(300);
    // Those at the same time wait for one another; a later one is told what they were.
    const answers = [...(await Promise.all([post(body), post(body)])), await post(body)];
    expect(answers.map(({ statusCode, body: text }) => [statusCode, text])).toEqual(
      answers.map(() => [first.statusCode, first.body]),
    );
    expect(
      await fleet.sql('select 1 from audit_events where action = $1 and user_name = $2', [action, 'admin']),
    ).toHaveLength(action === 'plan.create' ? 2 : 1);
    const mismatch = await post(other);
    expect([mismatch.statusCode, problemOf(mismatch)]).toEqual([422, 'idempotency_mismatch']);
  });

  it.each<[string, string, () => string, object | undefined]>([
    ['a plan that is changed', 'PATCH', () => '/plans/twice', { enabled: false }],
    ['a plan that is deleted', 'DELETE', () => '/plans/twice', undefined],
    ['a schedule that is changed', 'PATCH', () => '/schedules/twice', { enabled: false }],
    ['a schedule that is deleted', 'DELETE', () => '/schedules/twice', undefined],
    ['an approval', 'POST', () => `/batches/${batchId}/approvals`, {}],
    ['an approval that is taken back', 'DELETE', () => `/batches/${batchId}/approvals`, undefined],
  ])('leave alone for who saw another version: %s', async (_what, method, path, body) => {
    const before = await stored();
    const answer = await fleet.call(method, path(), body, { headers: { 'if-match': '"4711"' } });
    expect([answer.statusCode, problemOf(answer)]).toEqual([412, 'outdated']);
    expect(await stored()).toEqual(before);
  });

  it.each([
    '/users/1',
    '/tokens/1',
    '/plans/twice',
    '/plans/there/tokens/1',
    '/schedules/twice',
    '/windows/1',
    '/hooks/%',
    '/webhooks/%',
  ])('DELETE %s takes no body: a field would be one that nobody looks at', async (path) => {
    const before = await stored();
    const id = path.startsWith('/hooks') ? randomUUID() : webhookId;
    const answer = await fleet.call('DELETE', path.replace('%', id), { force: true }, { headers: { 'if-match': '*' } });
    expect([answer.statusCode, problemOf(answer)]).toEqual([400, 'invalid_fields']);
    expect(await stored()).toEqual(before);
  });

  const stored = () =>
    Promise.all(
      ['plans', 'schedules', 'approvals', 'webhooks', 'users', 'audit_events'].map((table) =>
        fleet.sql(`select * from ${table}`),
      ),
    );
});
