import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DesignFiles, designText, scriptAction, type TaskWire, until } from '../dialects/drydock/drydock.js';
import { cloneDatabase, type TestDatabase } from '../support/database.js';
import { countAsDead } from '../support/dead-workers.js';
import { type ServerProcess, startServerProcess } from '../support/server-process.js';

const TOKEN = '0123456789abcdef0123456789abcdef01234567';
const NODES = ['k1', 'k2'];
/** Long enough to be killed in the middle of, on however slow a machine. */
const ACT_MS = '8000';
const SECONDS = 90;

let database: TestDatabase;
let server: ServerProcess;
const files = new DesignFiles();
const folder = mkdtempSync(join(tmpdir(), 'slipway-drydock-kill-'));

beforeAll(async () => {
  database = await cloneDatabase();
  server = await started();
});

afterAll(async () => {
  await server.end('SIGKILL');
  await database.drop();
  files.remove();
  rmSync(folder, { recursive: true, force: true });
});

function started(): Promise<ServerProcess> {
  return startServerProcess({
    DATABASE_URL: database.url,
    SLIPWAY_DATA_DIR: join(folder, 'data'),
    SLIPWAY_SECRET_KEY: '000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f',
    SLIPWAY_ADMIN_TOKEN: TOKEN,
    SLIPWAY_ADMIN_PASSWORD: 'a password for the test',
    SLIPWAY_LOG_LEVEL: 'warn',
    SLIPWAY_DATABASE_POOL: '10',
    SLIPWAY_WORKER_CONCURRENCY: '10',
    DRYDOCK_DESIGN_ROOTS: files.root,
    DRYDOCK_BOOTACTION_TIMEOUT: '600',
  });
}

async function killed(): Promise<void> {
  expect(await server.end('SIGKILL')).toBe('SIGKILL');
  await countAsDead(database.dataSource, server);
  server = await started();
}

async function call<T>(
  method: string,
  path: string,
  body?: object,
  key?: string,
): Promise<{ status: number; body: T }> {
  const headers = {
    ...(key === undefined ? { 'x-auth-token': TOKEN } : { 'x-bootaction-key': key }),
    ...(body && { 'content-type': 'application/json' }),
  };
  const answer = await fetch(`${server.url}/api/v1.0${path}`, { method, headers, body: body && JSON.stringify(body) });
  const text = await answer.text();
  return { status: answer.status, body: (text.startsWith('{') || text.startsWith('[') ? JSON.parse(text) : text) as T };
}

async function keyOf(node: string): Promise<string> {
  const answer = await until(
    () => call<{ identity_key: string }>('POST', `/nodes/${node}/bootkey`),
    ({ status }) => status === 200,
    SECONDS,
  );
  return answer.body.identity_key;
}

function rows<T>(sql: string, parameters: unknown[] = []): Promise<T[]> {
  return database.dataSource.query<T[]>(sql, parameters);
}

describe('kill -9 while nodes are deployed', () => {
  it('three times, and the task still ends with each node deployed once', async () => {
    const bootActions = { hello: scriptAction() };
    const nodes = NODES.map((name) => ({ name, oob: { type: 'simulated', simulated_ms: ACT_MS } }));
    const design = files.write('site.yaml', designText({ nodes, bootActions }));
    const made = await call<TaskWire>('POST', '/tasks', {
      action: 'deploy_nodes',
      design_ref: design,
      node_filter: null,
    });
    expect(made.status).toBe(201);
    const id = made.body.task_id;

    // Once before anything of it can have come to its end.
    await killed();
    await until(
      () => rows<{ history: string[] }>('select history from drydock_simulated_hosts'),
      (hosts) => hosts.length === 2 && hosts.every(({ history }) => history.length === 1),
      SECONDS,
    );

    // Once while both machines install; what is kept of the design then is what counts, whatever becomes of the file.
    files.write('site.yaml', designText({ nodes: [{ name: 'other' }] }));
    const handed = await keyOf('k1');
    await killed();
    expect((await call('GET', '/bootactions/nodes/k1/files', undefined, handed)).status).toBe(200);

    // Once while the report waits, with one of the two in.
    await until(
      () => rows(`select 1 from jobs where input ->> 'action' = 'bootaction_report' and status = 'waiting'`),
      (found) => found.length === 1,
      SECONDS,
    );
    expect(await reported('k1', handed)).toBe(200);
    await killed();
    expect(await reported('k1', handed)).toBe(409);
    expect(await reported('k2', await keyOf('k2'))).toBe(200);

    const { body: task } = await until(
      () => call<TaskWire>('GET', `/tasks/${id}`),
      ({ body }) => body.status === 'complete',
      SECONDS,
    );
    expect(task.result).toMatchObject({ status: 'success', successes: NODES, failures: [] });
    const hosts = await rows<{ history: string[] }>('select history from drydock_simulated_hosts');
    expect(hosts.map(({ history }) => history.length)).toEqual([1, 1]);
    const parts = await rows<{ action: string }>(
      'select action from drydock_tasks where root_id = $1 order by ordinal',
      [id],
    );
    expect(parts.map(({ action }) => action)).toEqual([
      'deploy_nodes',
      'apply_node_networking',
      'apply_node_storage',
      'apply_node_platform',
      'deploy_node',
      'bootaction_report',
    ]);
    expect(await rows('select 1 from drydock_boot_actions where superseded')).toEqual([]);
    const started = task.result.details.messageList.filter(({ message }) => message.startsWith('Started subtask'));
    expect(started).toHaveLength(5);
  }, 400_000);
});

async function reported(node: string, key: string): Promise<number> {
  const [action] = await rows<{ action_id: string }>(
    'select action_id from drydock_boot_actions where node_name = $1',
    [node],
  );
  const body = { status: 'success', details: [{ message: 'done', error: false }] };
  return (await call('POST', `/bootactions/${action!.action_id}`, body, key)).status;
}
