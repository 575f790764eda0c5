import { createHash } from 'node:crypto';
import { designText, type Drydock, scriptAction, startDrydock, until } from './drydock.js';

const TIMEOUT_S = 10;
const QUIET = { ...scriptAction('/var/tmp/quiet.sh'), signaling: false };
const SLOW = { type: 'simulated', simulated_ms: '600000' };

let drydock: Drydock;

beforeAll(async () => {
  drydock = await startDrydock({ config: { drydockBootactionTimeout: TIMEOUT_S } });
});

afterAll(() => drydock.close());

interface ActionRow {
  readonly action_id: string;
  readonly node_name: string;
  readonly action_name: string;
  readonly status: string;
  readonly superseded: boolean;
  readonly key_hash: string;
}

function actionsOf(node: string): Promise<ActionRow[]> {
  return drydock.test.database.dataSource.query<ActionRow[]>(
    'select * from drydock_boot_actions where node_name = $1 order by created_at, ordinal',
    [node],
  );
}

/** The node's first key, as soon as its deployment has come to where there is one. */
async function firstKey(node: string): Promise<string> {
  const answer = await until(
    () => drydock.post(`/nodes/${node}/bootkey`),
    ({ statusCode }) => statusCode === 200,
  );
  return answer.json<{ identity_key: string }>().identity_key;
}

function fetched(node: string, key: string): Promise<number> {
  return drydock
    .get(`/bootactions/nodes/${node}/files`, { 'x-bootaction-key': key })
    .then(({ statusCode }) => statusCode);
}

function reported(id: string, key: string, status: string) {
  return drydock.post(`/bootactions/${id}`, { status, details: [] }, { 'x-bootaction-key': key });
}

function design(
  names: readonly string[],
  bootActions: Readonly<Record<string, object>>,
  oob?: Record<string, string>,
): string {
  const nodes = names.map((name) => ({ name, ...(oob && { oob }) }));
  return drydock.files.write(`${names.join('-')}.yaml`, designText({ nodes, bootActions }));
}

describe('the report of boot actions', () => {
  it('counts a success, a failure and one that never came (acceptance case 34)', async () => {
    const ref = design(['good', 'bad', 'mute'], { hello: scriptAction(), quiet: QUIET });
    const id = await drydock.start('deploy_nodes', ref);
    for (const [node, status] of [
      ['good', 'Success'],
      ['bad', 'Failure'],
    ] as const) {
      const key = await firstKey(node);
      const [hello] = await actionsOf(node);
      expect((await reported(hello!.action_id, key, status)).statusCode).toBe(200);
    }
    const task = await drydock.ended(id);
    expect(task.result).toMatchObject({ status: 'partial_success', successes: ['good'], failures: ['bad', 'mute'] });
    const report = await drydock.task(task.subtask_id_list.at(-1)!);
    expect(report).toMatchObject({ action: 'bootaction_report', result: { status: 'partial_success' } });
    expect(
      report.result.details.messageList.map(({ message, error, context, context_type }) => [
        context_type,
        context,
        error,
        message,
      ]),
    ).toEqual([
      ['node', 'good', false, 'Boot action hello completed with status success'],
      ['node', 'bad', true, 'Boot action hello completed with status failure'],
      ['node', 'mute', true, 'Boot action hello timed out.'],
    ]);
    expect(report.result.details.errorCount).toBe(2);
  });

  it('ends with the last of them, long before its time is over', async () => {
    const id = await drydock.start('deploy_nodes', design(['prompt'], { hello: scriptAction() }));
    const key = await firstKey('prompt');
    const [hello] = await actionsOf('prompt');
    await until(
      () => jobsOf(id, 'bootaction_report'),
      ([job]) => job?.status === 'waiting',
    );
    await sleepLong();
    expect((await reported(hello!.action_id, key, 'success')).statusCode).toBe(200);
    expect((await drydock.ended(id)).result).toMatchObject({ status: 'success', successes: ['prompt'] });
  });

  it('does not wait for actions that do not report (acceptance case 19)', async () => {
    const task = await drydock.ended(await drydock.start('deploy_nodes', design(['quiet'], { quiet: QUIET })));
    expect(task.result).toMatchObject({ status: 'success', successes: ['quiet'] });
    const [record] = await actionsOf('quiet');
    expect(record).toMatchObject({ status: 'unreported' });
    const key = await firstKey('quiet');
    expect((await reported(record!.action_id, key, 'success')).statusCode).toBe(409);
    expect(await fetched('quiet', key)).toBe(200);
  });
});

describe('the hand-off of a key', () => {
  it('hands out a key that opens the boot data, and a new one each time', async () => {
    const ref = design(['h1', 'h2'], { quiet: QUIET });
    await drydock.ended(await drydock.start('deploy_nodes', ref));
    const answer = await drydock.post('/nodes/h1/bootkey');
    const handed = answer.json<Record<string, string>>();
    const key = handed['identity_key']!;
    expect(Object.keys(handed).sort()).toEqual([
      'files_url',
      'identity_key',
      'node_name',
      'tag',
      'task_id',
      'units_url',
    ]);
    expect(handed).toMatchObject({
      node_name: 'h1',
      tag: `h1__baid__${key}`,
      files_url: `${drydock.test.url}/api/v1.0/bootactions/nodes/h1/files`,
      units_url: `${drydock.test.url}/api/v1.0/bootactions/nodes/h1/units`,
    });
    expect(key).toMatch(/^[0-9a-f]{64}$/);
    expect((await drydock.task(handed['task_id']!)).action).toBe('deploy_node');
    expect([await fetched('h1', key), await fetched('h2', key)]).toEqual([200, 403]);
    const second = await firstKey('h1');
    expect(second).not.toBe(key);
    expect([await fetched('h1', key), await fetched('h1', second)]).toEqual([403, 200]);
  });

  it('hands out the key of the deployment that is meant, and none of the one before', async () => {
    const ref = design(['meant'], { quiet: QUIET });
    const first = await drydock.start('deploy_nodes', ref);
    await drydock.ended(first);
    const key = await firstKey('meant');
    const second = await drydock.start('deploy_nodes', ref);
    const early = await drydock.post(`/nodes/meant/bootkey?task=${second}`);
    await drydock.ended(second);
    const late = await drydock.post(`/nodes/meant/bootkey?task=${first}`);
    expect([late.statusCode, late.json()['message']]).toEqual([409, `Node meant has no key of task ${first}`]);
    const handed = await drydock.post(`/nodes/meant/bootkey?task=${second.toUpperCase()}`);
    expect(handed.statusCode).toBe(200);
    const { task_id: part } = handed.json<{ task_id: string }>();
    expect((await drydock.task(second)).subtask_id_list).toContain(part);
    expect((await drydock.post(`/nodes/meant/bootkey?task=${part}`)).statusCode).toBe(200);
    // Either it was too early, or the deployment was that quick; the key of the one before is never what is answered.
    expect([early.statusCode, early.json()['task_id'] ?? null]).toEqual(
      early.statusCode === 200 ? [200, part] : [409, null],
    );
    expect(await fetched('meant', key)).toBe(403);
    for (const wrong of ['', 'x', '%00', `${part}&task=${part}`]) {
      expect((await drydock.post(`/nodes/meant/bootkey?task=${wrong}`)).statusCode).toBe(400);
    }
  });

  it('keeps nothing of a key but its hash', async () => {
    await drydock.ended(await drydock.start('deploy_nodes', design(['kept'], { quiet: QUIET })));
    const key = await firstKey('kept');
    const hash = createHash('sha256').update(Buffer.from(key, 'hex')).digest('hex');
    const found: string[] = [];
    const { dataSource } = drydock.test.database;
    const tables = await dataSource.query<{ table_schema: string; table_name: string }[]>(
      `select table_schema, table_name from information_schema.tables
       where table_schema in ('public', 'graphile_worker') and table_type = 'BASE TABLE'`,
    );
    for (const { table_schema: schema, table_name: table } of tables) {
      const rows = await dataSource.query<{ row: string }[]>(`select t::text as row from ${schema}."${table}" t`);
      expect(rows.filter(({ row }) => row.toLowerCase().includes(key))).toEqual([]);
      if (rows.some(({ row }) => row.includes(hash))) found.push(table);
    }
    expect(found.sort()).toEqual(['drydock_boot_actions', 'drydock_boot_contexts']);
    const [event] = await dataSource.query<{ action: string; user_name: string }[]>(
      `select action, user_name from audit_events where object_id = 'kept' order by id desc limit 1`,
    );
    expect(event).toEqual({ action: 'boot_key_issue', user_name: 'admin' });
  });

  it('is refused for nodes nobody deployed, and for names that are none', async () => {
    for (const name of ['nobody', '..%2fh1', 'n1%00']) {
      expect([name, (await drydock.post(`/nodes/${name}/bootkey`)).statusCode]).toEqual([name, 404]);
    }
    expect((await drydock.post(`/nodes/${'x'.repeat(5000)}/bootkey`)).statusCode).toBe(400);
    expect((await drydock.post('/nodes/nobody/bootkey', undefined, { 'x-auth-token': 'wrong' })).statusCode).toBe(401);
  });
});

describe('a later deployment or the end of a node', () => {
  it('makes old keys and old actions worthless (acceptance case 22)', async () => {
    const ref = design(['again'], { hello: scriptAction(), quiet: QUIET });
    const first = await drydock.start('deploy_nodes', ref);
    const oldKey = await firstKey('again');
    const [old] = await actionsOf('again');
    expect((await reported(old!.action_id, oldKey, 'success')).statusCode).toBe(200);
    await drydock.ended(first);
    const second = await drydock.start('deploy_nodes', ref);
    const all = await until(
      () => actionsOf('again'),
      (actions) => actions.length === 4,
    );
    expect(all.map(({ superseded }) => superseded)).toEqual([true, true, false, false]);
    const newKey = await firstKey('again');
    expect([await fetched('again', oldKey), await fetched('again', newKey)]).toEqual([403, 200]);
    expect((await reported(old!.action_id, oldKey, 'failure')).statusCode).toBe(409);
    expect((await reported(old!.action_id, newKey, 'failure')).statusCode).toBe(403);
    expect((await reported(all[2]!.action_id, newKey, 'success')).statusCode).toBe(200);
    await drydock.ended(second);

    const destroyed = await drydock.ended(await drydock.start('destroy_nodes', ref));
    expect(destroyed.result).toMatchObject({ status: 'success', successes: ['again'] });
    expect(await fetched('again', newKey)).toBe(403);
    expect((await reported(all[2]!.action_id, newKey, 'success')).statusCode).toBe(409);
    expect((await drydock.post('/nodes/again/bootkey')).statusCode).toBe(409);
    const nodes = (await drydock.get('/nodes')).json<{ hostname: string; status_name: string }[]>();
    expect(nodes.find(({ hostname }) => hostname === 'again')).toMatchObject({ status_name: 'Ready' });
  });

  it('is a failure for the report that still waits', async () => {
    const ref = design(['taken'], { hello: scriptAction() });
    const first = await drydock.start('deploy_nodes', ref);
    await until(
      () => jobsOf(first, 'bootaction_report'),
      ([job]) => job?.status === 'waiting',
    );
    await sleepLong();
    await drydock.ended(await drydock.start('destroy_nodes', ref));
    const task = await drydock.ended(first);
    expect(task.result).toMatchObject({ status: 'failure', failures: ['taken'] });
  });

  it('is a node without boot actions: nothing to fetch, so not found', async () => {
    const key = 'ab'.repeat(32);
    expect(await fetched('again', key)).toBe(403);
    await drydock.ended(await drydock.start('deploy_nodes', design(['again'], {})));
    expect(await fetched('again', key)).toBe(404);
  });
});

describe('terminating', () => {
  it('stops a deployment at its next safe point, and asks twice as once', async () => {
    const id = await drydock.start('deploy_nodes', design(['stop1', 'stop2'], {}, { ...SLOW, simulated_ms: '1500' }));
    await until(
      () => jobsOf(id, 'deploy_node'),
      (jobs) => jobs.length === 2,
    );
    const answer = await drydock.delete(`/tasks/${id}`);
    expect(answer.statusCode).toBe(200);
    expect(answer.json()).toMatchObject({ terminate: true, status: 'terminating', terminated_by: 'admin' });
    expect([200, 409]).toContain((await drydock.delete(`/tasks/${id}`)).statusCode);
    const task = await drydock.ended(id);
    expect(task).toMatchObject({ status: 'terminated', terminate: true });
    expect(task.result.details.messageList.at(-1)).toMatchObject({ message: 'Task terminated by admin.', error: true });
    expect(task.result.status).toBe('failure');
    expect((await drydock.delete(`/tasks/${id}`)).statusCode).toBe(409);
    expect((await jobsOf(id, 'bootaction_report')).length).toBe(0);
  });

  it('ends a report that waits', async () => {
    const id = await drydock.start('deploy_nodes', design(['waiter'], { hello: scriptAction() }));
    await until(
      () => jobsOf(id, 'bootaction_report'),
      ([job]) => job !== undefined,
    );
    expect((await drydock.delete(`/tasks/${id}`)).statusCode).toBe(200);
    const task = await drydock.ended(id);
    expect(['terminated', 'complete']).toContain(task.status);
    const part = await drydock.task(task.subtask_id_list[0]!);
    expect((await drydock.delete(`/tasks/${part.task_id}`)).statusCode).toBe(409);
  });
});

/** Neither its deadline nor its own next look comes to a report while this test runs. */
async function sleepLong(): Promise<void> {
  await drydock.test.database.dataSource.query(
    `update jobs set wake_at = now() + interval '1 hour' where input ->> 'action' = 'bootaction_report'
       and status = 'waiting'`,
  );
}

function jobsOf(taskId: string, action: string): Promise<{ status: string }[]> {
  return drydock.test.database.dataSource.query<{ status: string }[]>(
    `select status from jobs where input ->> 'rootId' = $1 and input ->> 'action' = $2`,
    [taskId, action],
  );
}
