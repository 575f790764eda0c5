import { randomUUID } from 'node:crypto';
import { SYSTEM_PRINCIPAL } from '../../../src/auth/principal.js';
import { UsersService } from '../../../src/auth/users.service.js';
import { BuildData } from '../../../src/drydock/records/build-data.entity.js';
import { SiteTask } from '../../../src/drydock/records/site-task.entity.js';
import { TaskMessage } from '../../../src/drydock/records/task-message.entity.js';
import { type Drydock, startDrydock, type TaskWire } from './drydock.js';

const REF = 'http://127.0.0.1:9/design.yaml';
const UUID = /^[0-9a-f-]{36}$/;
const TIME = /^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d\.\d{6}\+00:00$/;

let drydock: Drydock;

beforeAll(async () => {
  drydock = await startDrydock({ role: 'api' });
  const users = drydock.test.app.get(UsersService, { strict: false });
  for (const role of ['viewer', 'operator'] as const) {
    await users.create(SYSTEM_PRINCIPAL, { username: role, password: `password of ${role}`, role });
  }
});

afterAll(() => drydock.close());

function basic(user: string): Record<string, string> {
  return {
    'x-auth-token': '',
    authorization: `Basic ${Buffer.from(`${user}:password of ${user}`).toString('base64')}`,
  };
}

async function tasksKept(): Promise<number> {
  const { dataSource } = drydock.test.database;
  const [row] = await dataSource.query<{ count: number }[]>(
    `select ((select count(*) from drydock_tasks) + (select count(*) from batches)
       + (select count(*) from audit_events))::integer as count`,
  );
  return row!.count;
}

/** A task as the engine leaves it. */
async function put(values: Partial<SiteTask>, errors: readonly boolean[] = []): Promise<string> {
  const { manager } = drydock.test.database.dataSource;
  const id = randomUUID();
  const base = { id, rootId: id, action: 'prepare_nodes', designRef: REF, status: 'complete' as const };
  await manager.save(SiteTask, manager.create(SiteTask, { ...base, ...values }));
  for (const error of errors) {
    await manager.insert(TaskMessage, { taskId: id, message: 'm', error, contextType: 'node', context: 'n1' });
  }
  return id;
}

describe('making a task', () => {
  it('is for an administrator, queued and told where to find (acceptance case 27)', async () => {
    const answer = await drydock.post('/tasks', {
      action: 'verify_site',
      design_ref: REF,
      node_filter: null,
      stray: 1,
    });
    expect(answer.statusCode).toBe(201);
    const task = answer.json<TaskWire>();
    expect(answer.headers.location).toBe(`/api/v1.0/tasks/${task.task_id}`);
    expect(task).toEqual({
      kind: 'Task',
      apiVersion: 'v1',
      task_id: expect.stringMatching(UUID),
      action: 'verify_site',
      parent_task_id: null,
      design_ref: REF,
      status: 'queued',
      result: {
        kind: 'Status',
        apiVersion: 'v1.0',
        metadata: {},
        message: null,
        reason: null,
        status: 'incomplete',
        successes: [],
        failures: [],
        links: [],
        details: { errorCount: 0, messageList: [] },
      },
      node_filter: null,
      subtask_id_list: [],
      created: expect.stringMatching(TIME),
      created_by: 'admin',
      updated: null,
      terminated: null,
      terminated_by: null,
      terminate: false,
      retry: 0,
    });
    const body = { action: 'verify_site', design_ref: REF };
    for (const user of ['viewer', 'operator']) {
      const refused = await drydock.post('/tasks', body, basic(user));
      expect([refused.statusCode, refused.json()]).toEqual([
        403,
        { type: 'error', message: 'Forbidden', retry: false },
      ]);
    }
    expect((await drydock.post('/tasks', body, { 'x-auth-token': '' })).statusCode).toBe(401);
  });

  it('takes the rule of its action besides that of making tasks', async () => {
    const rules = new Map([['create_task', ['viewer']]]);
    const other = await startDrydock({
      role: 'api',
      database: drydock.test.database,
      config: { drydockPolicy: rules },
    });
    const body = { action: 'deploy_nodes', design_ref: REF };
    const refused = await other.post('/tasks', body, basic('viewer'));
    const unknown = await other.post('/tasks', { ...body, action: 'deploy_node' }, basic('operator'));
    await other.close();
    expect([refused.statusCode, unknown.statusCode]).toEqual([403, 400]);
  });

  it.each<[string, unknown, RegExp]>([
    ['an action that there is none of', { action: 'deploy_node', design_ref: REF }, /^Unsupported action deploy_node$/],
    ['no action', { design_ref: REF }, /^Unsupported action None$/],
    ['an action that is no text', { action: ['deploy_nodes'], design_ref: REF }, /^Unsupported action /],
    ['no design', { action: 'deploy_nodes' }, /^Task creation requires fields design_ref, action$/],
    ['an empty design', { action: 'deploy_nodes', design_ref: '' }, /^Task creation requires fields/],
    ['a design that is no text', { action: 'deploy_nodes', design_ref: 5 }, /design_ref/],
    ['a design that is no address', { action: 'deploy_nodes', design_ref: 'garbage' }, /design_ref/],
    ['a scheme nobody knows', { action: 'deploy_nodes', design_ref: 'ftp://h/x' }, /design_ref/],
    ['an address without end', { action: 'deploy_nodes', design_ref: `http://h/${'x'.repeat(3000)}` }, /design_ref/],
    ['a filter that is a text', { action: 'destroy_nodes', design_ref: REF, node_filter: 'all' }, /node_filter/],
    ['a filter of nothing', { action: 'destroy_nodes', design_ref: REF, node_filter: {} }, /node_filter/],
    ['a list', [1], /object/],
    ['null', 'null', /body/],
    ['a NUL', { action: 'verify_site\u0000', design_ref: REF }, /stored/],
  ])('is refused with %s, and nothing is kept', async (_what, body, message) => {
    const before = await tasksKept();
    const headers: Record<string, string> = typeof body === 'string' ? { 'content-type': 'application/json' } : {};
    const answer = await drydock.post('/tasks', body, headers);
    expect(answer.statusCode).toBe(400);
    expect(answer.json()).toEqual({ type: 'error', message: expect.stringMatching(message), retry: false });
    expect(await tasksKept()).toBe(before);
  });

  it('is refused without a body, with a broken one and with one of another type; a charset is fine', async () => {
    const json = { 'content-type': 'application/json' };
    expect((await drydock.post('/tasks')).statusCode).toBe(400);
    expect((await drydock.post('/tasks', '{"action":', json)).statusCode).toBe(400);
    expect((await drydock.post('/tasks', 'action=x', { 'content-type': 'text/plain' })).statusCode).toBe(400);
    const deep = `{"action":"verify_site","design_ref":"${REF}","node_filter":${'['.repeat(5000)}${']'.repeat(5000)}}`;
    expect((await drydock.post('/tasks', deep, json)).statusCode).toBe(400);
    const text = JSON.stringify({ action: 'verify_site', design_ref: REF });
    expect((await drydock.post('/tasks', text, { 'content-type': 'application/json; charset=utf-8' })).statusCode).toBe(
      201,
    );
  });

  it('keeps the password of a reference to itself', async () => {
    const ref = 'http://site:hunter2hunter2@127.0.0.1:9/design.yaml';
    const { task_id: id } = (await drydock.post('/tasks', { action: 'verify_site', design_ref: ref })).json<TaskWire>();
    const shown = await drydock.get(`/tasks/${id}`);
    expect(shown.json()).toMatchObject({ design_ref: 'http://site:***@127.0.0.1:9/design.yaml' });
    const { dataSource } = drydock.test.database;
    for (const table of ['drydock_tasks', 'batches', 'jobs', 'audit_events']) {
      const rows = await dataSource.query<{ row: string }[]>(`select t::text as row from ${table} t`);
      expect(rows.filter(({ row }) => row.includes('hunter2'))).toEqual([]);
    }
  });

  it('and ending one leaves who did it in the audit trail', async () => {
    const id = await drydock.start('verify_site', REF);
    expect((await drydock.delete(`/tasks/${id}`, basic('operator'))).statusCode).toBe(403);
    expect((await drydock.delete(`/tasks/${id}`)).json()).toMatchObject({ status: 'terminating', terminate: true });
    const events = await drydock.test.database.dataSource.query<{ action: string; user_name: string }[]>(
      `select action, user_name from audit_events where object_type = 'drydock_task' and object_id = $1 order by id`,
      [id],
    );
    expect(events).toEqual([
      { action: 'create', user_name: 'admin' },
      { action: 'terminate', user_name: 'admin' },
    ]);
  });
});

describe('a task that there is none of', () => {
  it.each(['GET', 'DELETE'] as const)('is not found by %s (acceptance case 29)', async (method) => {
    const send = method === 'GET' ? drydock.get : drydock.delete;
    for (const id of [randomUUID(), 'x', 'n1%00', '%F0%9F%98%80', '9'.repeat(4000)]) {
      const answer = await send(`/tasks/${id}`);
      expect([id.slice(0, 8), [404, 400, 414].includes(answer.statusCode)]).toEqual([id.slice(0, 8), true]);
    }
    const id = randomUUID();
    expect((await send(`/tasks/${id}`)).json()).toEqual({
      type: 'error',
      message: `Task ${id} does not exist`,
      retry: false,
    });
  });

  it('has no build data either', async () => {
    expect((await drydock.get('/tasks/x/builddata')).statusCode).toBe(404);
    const empty = await drydock.get(`/tasks/${await put({})}/builddata`);
    expect([empty.statusCode, empty.body]).toEqual([404, '']);
  });
});

describe('a task of three layers (acceptance case 28)', () => {
  let root: string;
  let split: string[];
  let leaf: string;

  beforeAll(async () => {
    root = await put({}, [true]);
    split = [];
    for (const ordinal of [1, 2])
      split.push(await put({ rootId: root, parentId: root, ordinal }, ordinal === 2 ? [false] : []));
    leaf = await put({ rootId: root, parentId: split[1], ordinal: 3, action: 'identify_node' }, [true, false, true]);
    const { manager } = drydock.test.database.dataSource;
    await manager.insert(BuildData, {
      taskId: leaf,
      nodeName: 'n1',
      generator: 'g',
      dataFormat: 'text',
      dataElement: 'x',
    });
  });

  it('names its parts in order, alone and in the list', async () => {
    const list = (await drydock.get('/tasks')).json<TaskWire[]>();
    for (const task of [await drydock.task(root), list.find(({ task_id: id }) => id === root)]) {
      expect(task).toMatchObject({ subtask_id_list: split, result: { details: { errorCount: 1 } } });
    }
    expect(list.find(({ task_id: id }) => id === leaf)).toMatchObject({
      parent_task_id: split[1],
      result: { details: { errorCount: 2, messageList: [{ error: true }, { error: false }, { error: true }] } },
    });
  });

  it('shows as many layers as are asked for, the task itself being the first', async () => {
    const keys = async (query: string) => Object.keys((await drydock.get(`/tasks/${root}?${query}`)).json()).sort();
    expect(await keys('layers=1')).toEqual(['init_task_id', root].sort());
    expect(await keys('layers=2')).toEqual(['init_task_id', root, ...split].sort());
    expect(await keys('layers=-1')).toEqual(['init_task_id', root, ...split, leaf].sort());
    expect(await keys('layers=0')).toContain('task_id');
    expect(await keys('layers=junk')).toContain('task_id');
    const part = (await drydock.get(`/tasks/${split[1]}?layers=-1`)).json();
    expect(Object.keys(part).sort()).toEqual(['init_task_id', split[1], leaf].sort());
    expect(part['init_task_id']).toBe(split[1]);
  });

  it('gathers the errors of what is below it', async () => {
    const errors = {
      [leaf]: expect.objectContaining({ task_id: leaf, status: 'incomplete', kind: 'Status' }) as unknown,
    };
    const alone = (await drydock.get(`/tasks/${root}?subtaskerrors=true`)).json();
    expect(alone).toMatchObject({ task_id: root, subtask_errors: errors });
    expect(Object.keys(alone['subtask_errors'] as object)).toEqual([leaf]);
    const layers = (await drydock.get(`/tasks/${root}?layers=2&subtaskerrors=True`)).json();
    expect(Object.keys(layers).sort()).toEqual(['init_task_id', 'subtask_errors', root, ...split].sort());
    expect(Object.keys(layers['subtask_errors'] as object)).toEqual([leaf]);
  });

  it('adds build data where it is asked for', async () => {
    expect((await drydock.get(`/tasks/${root}?builddata=true`)).json()).toMatchObject({ build_data: [] });
    expect((await drydock.get(`/tasks/${root}?builddata=false`)).json()).not.toHaveProperty('build_data');
    expect((await drydock.get(`/tasks/${root}?builddata=junk`)).statusCode).toBe(400);
    const layers = (await drydock.get(`/tasks/${root}?builddata=yes&layers=-1`)).json<
      Record<string, { build_data: object[] }>
    >();
    expect(layers[leaf]!.build_data).toEqual([
      {
        node_name: 'n1',
        task_id: leaf,
        collected_date: expect.stringMatching(TIME) as string,
        generator: 'g',
        data_format: 'text',
        data_element: 'x',
      },
    ]);
    expect((await drydock.get(`/tasks/${leaf}/builddata`)).json()).toEqual(layers[leaf]!.build_data);
  });
});

describe('the build data of a node', () => {
  it('are all of it, or the newest of each generator (acceptance case 33)', async () => {
    const { manager } = drydock.test.database.dataSource;
    const taskId = await put({});
    for (const [generator, dataElement] of [
      ['lshw', 'old'],
      ['lldp', 'only'],
      ['lshw', 'new'],
    ] as const) {
      await manager.insert(BuildData, { taskId, nodeName: 'b1', generator, dataFormat: 'text/plain', dataElement });
    }
    const elements = async (query: string) =>
      (await drydock.get(`/nodes/b1/builddata${query}`))
        .json<{ data_element: string }[]>()
        .map((item) => item.data_element)
        .sort();
    expect(await elements('')).toEqual(['new', 'old', 'only']);
    expect(await elements('?latest=False')).toEqual(['new', 'old', 'only']);
    expect(await elements('?latest=True')).toEqual(['new', 'only']);
    expect((await drydock.get('/nodes/b1/builddata?latest=maybe')).statusCode).toBe(400);
    const none = await drydock.get('/nodes/b2/builddata');
    expect([none.statusCode, none.json()['message']]).toEqual([404, 'No build data found']);
    for (const name of ['n1%00', '..%2f..%2ftasks', '%F0%9F%98%80']) {
      expect([name, (await drydock.get(`/nodes/${name}/builddata`)).statusCode]).toEqual([name, 404]);
    }
  });
});

describe('purging', () => {
  const old = new Date('2020-01-01T00:00:00Z');

  async function isThere(id: string): Promise<boolean> {
    return (await drydock.get(`/tasks/${id}`)).statusCode === 200;
  }

  async function context(node: string, taskId: string, revokedAt: Date | null): Promise<void> {
    const { dataSource } = drydock.test.database;
    await dataSource.query(`insert into drydock_designs (digest, body) values ('d', 'x') on conflict do nothing`);
    await dataSource.query(
      `insert into drydock_boot_contexts (node_name, task_id, key_hash, design_digest, revoked_at) values ($1, $2, 'h', 'd', $3)`,
      [node, taskId, revokedAt],
    );
  }

  it('removes what has ended long ago with its parts, and never what a node still boots by', async () => {
    const ended = await put({ createdAt: old }, [true]);
    const part = await put({ createdAt: old, rootId: ended, parentId: ended, ordinal: 1 }, [true]);
    const running = await put({ createdAt: old, status: 'running' });
    const fresh = await put({});
    const live = await put({ createdAt: old });
    const livePart = await put({ createdAt: old, rootId: live, parentId: live, ordinal: 1 });
    await context('live', livePart, null);
    const revoked = await put({ createdAt: old, status: 'terminated' });
    await context('revoked', revoked, old);

    const answer = await drydock.delete('/tasks?days=30');
    expect([answer.statusCode, answer.body]).toEqual([200, 'Tables purged successfully.']);
    expect(answer.headers['content-type']).toMatch(/^application\/json/);
    const kept = await Promise.all([ended, part, running, fresh, live, livePart, revoked].map(isThere));
    expect(kept).toEqual([false, false, true, true, true, true, false]);
    const { dataSource } = drydock.test.database;
    expect(await dataSource.query('select 1 from drydock_messages where task_id = any($1)', [[ended, part]])).toEqual(
      [],
    );
    expect(await dataSource.query(`select node_name from drydock_boot_contexts`)).toEqual([{ node_name: 'live' }]);
    const events = await dataSource.query<{ object_id: string }[]>(
      `select object_id from audit_events where action = 'purge'`,
    );
    expect(events.map(({ object_id: id }) => id).sort()).toEqual([ended, revoked].sort());
    expect((await drydock.delete('/tasks')).statusCode).toBe(200);
    expect(await isThere(fresh)).toBe(true);
  });

  it('is for those who may, and for days that are a number', async () => {
    for (const days of ['-1', 'x', '1.5', '9'.repeat(30), '30&days=40']) {
      expect([days, (await drydock.delete(`/tasks?days=${days}`)).statusCode]).toEqual([days, 400]);
    }
    expect((await drydock.delete('/tasks', basic('operator'))).statusCode).toBe(403);
  });
});
