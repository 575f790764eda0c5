import { SYSTEM_PRINCIPAL } from '../../../src/auth/principal.js';
import { hashBootKey, newBootKey } from '../../../src/drydock/bootdata/boot-key.js';
import { newUlid } from '../../../src/drydock/bootdata/ulid.js';
import { BootContexts } from '../../../src/drydock/contexts/boot-contexts.service.js';
import { BootReports } from '../../../src/drydock/engine/boot-reports.service.js';
import { type Deployment, deploy, dataSourceOf } from './deployment.js';
import { designText, type Drydock, startDrydock, until } from './drydock.js';

const asset = { type: 'file', path: '/a', data: 'x', data_pipeline: [] };
const ACTIONS = [
  'details',
  'final',
  'bad',
  'extra',
  'sizes',
  'race',
  'mixed',
  'unicode',
  'paths',
  'audit',
  'failing',
  'atomic',
  'waking',
  'replaced',
];

let drydock: Drydock;
let design: string;
let site: Deployment;

const key = (node = 'n1') => site.keys.get(node) as string;
const id = (action: string) => site.actions.get(`n1/${action}`) as string;
const rows = <Row>(sql: string, values: unknown[]) => dataSourceOf(drydock.test.app).query<Row[]>(sql, values);

interface MessageRow {
  readonly message: string;
  readonly error: boolean;
  readonly context_type: string;
  readonly extra: Record<string, unknown>;
  readonly at: Date;
}

const messagesOf = (action: string) =>
  rows<MessageRow>(
    'select message, error, context_type, extra, at from drydock_messages where context = $1 order by id',
    [id(action)],
  );
const statusOf = async (action: string) =>
  (await rows<{ status: string }>('select status from drydock_boot_actions where action_id = $1', [id(action)]))[0]
    ?.status;

function post(actionId: string, payload?: unknown, headers: Record<string, string> = {}) {
  const url = `/api/v1.0/bootactions/${actionId}`;
  return drydock.test.inject({ method: 'POST', url, payload, headers: { 'x-bootaction-key': key(), ...headers } });
}

const REFUSED = { title: '400 Bad Request', description: 'Error processing body.' };
const finished = (action: string) => ({
  title: '409 Conflict',
  description: `Action ${id(action)} status finalized, not available for update.`,
});

beforeAll(async () => {
  drydock = await startDrydock({ role: 'api' });
  design = drydock.files.write(
    'site.yaml',
    designText({
      nodes: [{ name: 'n1' }, { name: 'n2' }],
      bootActions: {
        ...Object.fromEntries(ACTIONS.map((name) => [name, { assets: [asset] }])),
        silent: { signaling: false, assets: [asset] },
      },
    }),
  );
  site = await deploy(drydock, design);
});

afterAll(() => drydock.close());

describe('a report', () => {
  it('of details alone leaves the action open and writes them to the task, in order', async () => {
    const body = {
      details: [
        { message: 'began', error: false },
        { message: 'oh', error: true },
      ],
    };
    const answer = await post(id('details'), body);
    expect([answer.statusCode, answer.json()]).toEqual([
      200,
      {
        node_name: 'n1',
        action_id: id('details'),
        action_name: 'details',
        task_id: site.taskId,
        action_status: 'incomplete',
      },
    ]);
    expect((await post(id('details'), { details: [{ message: 'again', error: false }] })).statusCode).toBe(200);
    expect((await post(id('details'), {})).json()).toMatchObject({ action_status: 'incomplete' });
    expect(
      (await messagesOf('details')).map(({ message, error, context_type }) => [message, error, context_type]),
    ).toEqual([
      ['began', false, 'bootaction'],
      ['oh', true, 'bootaction'],
      ['again', false, 'bootaction'],
    ]);
    const task = await drydock.task(site.taskId);
    expect(task.result).toMatchObject({ status: 'incomplete', details: { errorCount: 1 } });
    expect(task.result.details.messageList[0]).toMatchObject({
      message: 'began',
      context: id('details'),
      context_type: 'bootaction',
      extra: {},
    });
  });

  it('of a status is the last one: all that follow are a 409, and a bad one is still a 400', async () => {
    const answer = await post(id('final'), { status: 'Success', details: [{ message: 'done', error: false }] });
    expect([answer.statusCode, answer.json()]).toMatchObject([200, { action_status: 'success' }]);
    for (const body of [
      { status: 'Success' },
      { status: 'failure' },
      { details: [{ message: 'late', error: false }] },
      {},
    ]) {
      const late = await post(id('final'), body);
      expect([late.statusCode, late.json()]).toEqual([409, finished('final')]);
    }
    const bad = await post(id('final'), { status: 'nonsense' });
    expect([bad.statusCode, bad.json()]).toEqual([400, REFUSED]);
    expect((await messagesOf('final')).map(({ message }) => message)).toEqual(['done']);
    expect(await statusOf('final')).toBe('success');
  });

  it('may be a failure, in either spelling, and leaves the task’s own status alone', async () => {
    expect((await post(id('failing'), { status: 'failure' })).json()).toMatchObject({ action_status: 'failure' });
    expect((await drydock.task(site.taskId)).result.status).toBe('incomplete');
  });

  it('comes by each of the paths, with a slash at the end, in lower case, with a charset', async () => {
    const lower = id('paths').toLowerCase();
    for (const path of [
      `bootactions/${id('paths')}/`,
      `bootaction/${id('paths')}`,
      `bootaction/${lower}/`,
      `bootactions/${lower}`,
    ]) {
      const answer = await drydock.test.inject({
        method: 'POST',
        url: `/api/v1.0/${path}`,
        payload: JSON.stringify({ details: [] }),
        headers: { 'X-BOOTACTION-KEY': key().toUpperCase(), 'content-type': 'Application/JSON; charset=utf-8' },
      });
      expect([answer.statusCode, answer.json()]).toMatchObject([200, { action_id: id('paths') }]);
    }
  });

  it('keeps further fields, believes none that would speak for the server, and knows the time itself', async () => {
    const spoof = { context: 'n2', context_type: 'site', ts: '1970-01-01 00:00:00' };
    const detail = { message: 'm', error: false, ...spoof, load: 3, where: { rack: ['a', 1] }, message_id: 7 };
    expect((await post(id('extra'), { details: [detail] })).statusCode).toBe(200);
    const [message] = await messagesOf('extra');
    expect(message).toMatchObject({
      context_type: 'bootaction',
      extra: { load: 3, where: { rack: ['a', 1] }, message_id: 7 },
    });
    expect(Object.keys(message?.extra ?? {}).sort()).toEqual(['load', 'message_id', 'where']);
    expect(Date.now() - (message?.at.getTime() ?? 0)).toBeLessThan(600_000);
  });

  it('may hold any text: long ones are cut and say so, NUL is left out', async () => {
    const texts = ['x'.repeat(200), 'y'.repeat(900_000), 'a\0b', '😀'.repeat(10), '\ud800'];
    for (const message of texts) {
      expect((await post(id('unicode'), { details: [{ message, error: false }] })).statusCode).toBe(200);
    }
    const stored = await messagesOf('unicode');
    expect(stored.map(({ message }) => message)).toEqual([texts[0], 'y'.repeat(1024), 'ab', texts[3], '\ufffd']);
    expect(stored.map(({ extra }) => extra)).toEqual([{}, { truncated: true }, {}, {}, {}]);
  });

  it('has its limits: 1 MiB, 256 details, 4 KiB of further fields', async () => {
    const tooLarge = await post(
      id('sizes'),
      JSON.stringify({ details: [{ message: 'z'.repeat(3_000_000), error: false }] }),
      {
        'content-type': 'application/json',
      },
    );
    expect([tooLarge.statusCode, tooLarge.json()]).toMatchObject([413, { title: expect.stringMatching(/^413 /) }]);
    const many = Array.from({ length: 257 }, () => ({ message: 'm', error: false }));
    expect((await post(id('sizes'), { details: many })).statusCode).toBe(400);
    expect(
      (await post(id('sizes'), { details: [{ message: 'm', error: false, more: 'x'.repeat(4_100) }] })).statusCode,
    ).toBe(400);
    expect(await messagesOf('sizes')).toEqual([]);
    expect((await post(id('sizes'), { details: many.slice(1) })).statusCode).toBe(200);
    expect(await messagesOf('sizes')).toHaveLength(256);
    // However long a node goes on, the task that everybody reads stays readable.
    for (let sent = 0; sent < 5; sent += 1) {
      expect((await post(id('sizes'), { details: many.slice(1) })).statusCode).toBe(200);
    }
    const stored = await messagesOf('sizes');
    expect(stored).toHaveLength(1001);
    expect(stored.at(-1)?.message).toBe('Further details were left out: 1000 of a boot action are kept');
  });

  it('never shows the key the node was given, whatever its script prints', async () => {
    const details = [{ message: `KEY=${key().toUpperCase()}`, error: false, env: { key: [key()] } }];
    expect((await post(id('unicode'), { details })).statusCode).toBe(200);
    expect((await messagesOf('unicode')).at(-1)).toMatchObject({
      message: 'KEY=[key]',
      extra: { env: { key: ['[key]'] } },
    });
  });

  it('is recorded: who, from where and what, and never the key', async () => {
    await post(id('audit'), { details: [{ message: 'm', error: true }], status: 'success' });
    const [event] = await rows<Record<string, unknown>>(`select * from audit_events where object_id = $1`, [
      id('audit'),
    ]);
    expect(event).toMatchObject({
      action: 'boot_action_report',
      user_name: 'node n1',
      address: '127.0.0.1',
      source: 'public',
    });
    expect(JSON.stringify(event)).toMatch(/success/);
    const all = JSON.stringify(await rows('select * from audit_events', []));
    for (const secret of site.keys.values()) expect(all).not.toContain(secret);
  });
});

describe('who is refused', () => {
  it.each([
    '',
    'x',
    'nodes',
    '0'.repeat(26),
    newUlid(),
    'U'.repeat(26),
    '%00',
    '..%2f..',
    'a'.repeat(900),
    '%F0%9F%98%80',
  ])('an unknown id is a 404 without a key and with one: %s', async (actionId) => {
    for (const headers of [{}, { 'x-bootaction-key': '' }] as Record<string, string>[]) {
      const answer = await post(actionId, { nonsense: 1 }, headers);
      expect([answer.statusCode, answer.json()]).toEqual([404, { title: '404 Not Found' }]);
    }
  });

  it('no key is a 401, even with a token and a bad body', async () => {
    for (const headers of [
      { 'x-bootaction-key': '' },
      { 'x-bootaction-key': ' ', 'x-auth-token': drydock.test.adminToken },
    ] as Record<string, string>[]) {
      const answer = await post(id('bad'), '{', { 'content-type': 'application/json', ...headers });
      expect([answer.statusCode, answer.headers['www-authenticate'], answer.json()]).toEqual([
        401,
        'Bootaction-Key',
        { title: 'Unauthorized', description: 'No X-Bootaction-Key' },
      ]);
    }
  });

  it.each([
    ['another node’s key', () => key('n2')],
    ['a key of nobody', () => newBootKey()],
    ['no hex', () => 'zz'],
    ['10 kB', () => 'a'.repeat(10_240)],
  ])('%s is a 403, before the body is looked at', async (_what, made) => {
    const answer = await post(id('bad'), { nonsense: 1 }, { 'x-bootaction-key': made() });
    expect([answer.statusCode, answer.json()]).toEqual([
      403,
      { title: 'Unauthorized', description: 'Invalid X-Bootaction-Key' },
    ]);
  });

  const JSON_TYPE = { 'content-type': 'application/json' };
  it.each<[string, unknown, Record<string, string>]>([
    ['no body', undefined, {}],
    ['an empty one', '', JSON_TYPE],
    ['no JSON', '{"status":', JSON_TYPE],
    ['no UTF-8', new Uint8Array([0x7b, 0xff, 0x7d]), JSON_TYPE],
    ['null', 'null', JSON_TYPE],
    ['a list', '[]', JSON_TYPE],
    ['a text', '"Success"', JSON_TYPE],
    ['__proto__', '{"__proto__": {"status": "Success"}}', JSON_TYPE],
    ['another key', { foo: 'Success' }, {}],
    ['SUCCESS', { status: 'SUCCESS' }, {}],
    ['status null', { status: null }, {}],
    ['an error that is a text', { details: [{ message: 'm', error: 'no' }] }, {}],
    ['no content type', '{"status":"Success"}', {}],
    ['text/plain', '{"status":"Success"}', { 'content-type': 'text/plain' }],
    ['a form', 'status=Success', { 'content-type': 'application/x-www-form-urlencoded' }],
    ['multipart', '--x\r\n', { 'content-type': 'multipart/form-data; boundary=x' }],
    ['no type at all', '{}', { 'content-type': '///' }],
    ['gzip that is not', '{"status":"Success"}', { ...JSON_TYPE, 'content-encoding': 'gzip' }],
    [
      'nesting without end',
      `{"details":[{"message":"m","error":false,"a":${'['.repeat(100_000)}${']'.repeat(100_000)}}]}`,
      JSON_TYPE,
    ],
  ])('%s is a 400 and changes nothing', async (_what, body, headers) => {
    const answer = await post(id('bad'), body, headers);
    expect([answer.statusCode, answer.json()]).toEqual([400, REFUSED]);
    expect(await messagesOf('bad')).toEqual([]);
    expect(await statusOf('bad')).toBe('incomplete');
  });

  it('a body whose second detail is bad stores nothing of the first', async () => {
    const body = { status: 'Success', details: [{ message: 'first', error: false }, { message: 'second' }] };
    expect((await post(id('mixed'), body)).statusCode).toBe(400);
    expect(await messagesOf('mixed')).toEqual([]);
    expect(await statusOf('mixed')).toBe('incomplete');
  });

  it('an action that does not report is a 409', async () => {
    expect(await statusOf('silent')).toBe('unreported');
    const answer = await post(id('silent'), { status: 'Success' });
    expect([answer.statusCode, answer.json()]).toEqual([409, finished('silent')]);
  });

  it('other methods are a 405', async () => {
    for (const method of ['GET', 'PUT', 'DELETE', 'HEAD']) {
      const answer = await drydock.test.inject({
        method,
        url: `/api/v1.0/bootactions/${id('bad')}`,
        headers: { 'x-bootaction-key': key() },
      });
      expect([answer.statusCode, answer.headers['allow']]).toEqual([405, expect.stringContaining('POST')]);
    }
  });

  it('a key opens nothing but its own node’s', async () => {
    for (const path of ['/tasks', '/nodes', `/tasks/${site.taskId}`]) {
      expect(
        (
          await drydock.test.inject({
            url: `/api/v1.0${path}`,
            headers: { 'x-bootaction-key': key(), 'x-auth-token': key() },
          })
        ).statusCode,
      ).toBe(401);
    }
  });
});

describe('two reports at the same time', () => {
  it('that both end an action: exactly one does, and its details are the only ones', async () => {
    const statuses = ['success', 'failure'];
    const answers = await Promise.all(
      Array.from({ length: 10 }, (_, index) =>
        post(id('race'), { status: statuses[index % 2], details: [{ message: `${index}`, error: false }] }),
      ),
    );
    expect(answers.map(({ statusCode }) => statusCode).sort()).toEqual([200, ...Array<number>(9).fill(409)]);
    const winner = answers.findIndex(({ statusCode }) => statusCode === 200);
    expect(await statusOf('race')).toBe(statuses[winner % 2]);
    expect((await messagesOf('race')).map(({ message }) => message)).toEqual([`${winner}`]);
  });
});

describe('the report that the engine waits with', () => {
  it('is woken by the end of an action, and by nothing else', async () => {
    const reports = drydock.test.app.get(BootReports, { strict: false });
    const { reported } = reports;
    const woken: string[] = [];
    reports.reported = (tx, taskId) => {
      woken.push(taskId);
      return reported.call(reports, tx, taskId);
    };
    await post(id('waking'), { details: [{ message: 'm', error: false }] });
    expect(woken).toEqual([]);
    await post(id('waking'), { status: 'Success' });
    await post(id('waking'), { status: 'Success' });
    expect(woken).toEqual([site.taskId]);
    reports.reported = reported;
  });
});

describe('a key that is replaced while its report waits', () => {
  it('is a 403', async () => {
    const late = await dataSourceOf(drydock.test.app).transaction(async (tx) => {
      await tx.query('select 1 from drydock_boot_actions where action_id = $1 for update', [id('replaced')]);
      const answer = post(id('replaced'), { status: 'Success' });
      await until(
        () =>
          rows<{ waits: boolean }>(
            `select exists (select 1 from pg_stat_activity
                where datname = current_database() and wait_event_type = 'Lock') as waits`,
            [],
          ),
        ([lock]) => lock?.waits === true,
      );
      await tx.query('update drydock_boot_actions set key_hash = $2 where action_id = $1', [
        id('replaced'),
        hashBootKey(newBootKey()),
      ]);
      return { answer };
    });
    expect((await late.answer).statusCode).toBe(403);
    expect(await statusOf('replaced')).toBe('incomplete');
  });
});

describe('a report that cannot be stored as a whole', () => {
  it('is not stored at all', async () => {
    const fault = `create function refuse_audit() returns trigger language plpgsql as $$ begin
      if new.object_id = '${id('atomic')}' then raise exception 'no room'; end if; return new; end $$`;
    await rows(fault, []);
    await rows(
      'create trigger refuse_audit before insert on audit_events for each row execute function refuse_audit()',
      [],
    );
    const body = { status: 'Success', details: [{ message: 'first', error: false }] };
    expect((await post(id('atomic'), body)).statusCode).toBe(500);
    expect([await statusOf('atomic'), await messagesOf('atomic')]).toEqual(['incomplete', []]);
    await rows('drop trigger refuse_audit on audit_events', []);
    expect((await post(id('atomic'), body)).statusCode).toBe(200);
    expect([await statusOf('atomic'), await messagesOf('atomic')]).toMatchObject(['success', [{ message: 'first' }]]);
  });
});

describe('a deployment that was replaced', () => {
  it('knows its old key and takes nothing more: 409; the new key is a stranger there: 403', async () => {
    const oldKey = key('n2');
    const oldId = site.actions.get('n2/details') as string;
    const next = await deploy(drydock, design);
    const late = await post(oldId, { status: 'Success' }, { 'x-bootaction-key': oldKey });
    expect([late.statusCode, late.json()]).toMatchObject([409, { title: '409 Conflict' }]);
    const stranger = await post(oldId, { status: 'Success' }, { 'x-bootaction-key': next.keys.get('n2') as string });
    expect(stranger.statusCode).toBe(403);
    const replayed = await post(
      next.actions.get('n2/details') as string,
      { status: 'Success' },
      { 'x-bootaction-key': oldKey },
    );
    expect(replayed.statusCode).toBe(403);
  });

  it('so does one whose node was destroyed, and a key that was handed over anew', async () => {
    const contexts = drydock.test.app.get(BootContexts, { strict: false });
    const next = await deploy(drydock, design);
    const first = next.keys.get('n1') as string;
    const { key: second } = await contexts.issueKey('n1', SYSTEM_PRINCIPAL);
    const action = next.actions.get('n1/details') as string;
    expect((await post(action, {}, { 'x-bootaction-key': first })).statusCode).toBe(403);
    expect((await post(action, {}, { 'x-bootaction-key': second })).statusCode).toBe(200);
    await contexts.revoke('n1');
    expect((await post(action, {}, { 'x-bootaction-key': second })).statusCode).toBe(409);
  });
});
