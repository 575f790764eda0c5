import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { jest } from '@jest/globals';
import { ADMIN_PASSWORD } from '../support/app.js';
import { Envs, TEMPLATES } from '../dialects/environments/envs-support.js';
import { basic, ok } from '../dialects/environments/genesis.js';
import { FuelApi, releaseBody } from '../dialects/fuel/fuel-api.js';
import { STANDIN } from '../dialects/nodepool/engine.js';
import { FleetApp, problemOf, tokenOf } from './fleet.js';

jest.setTimeout(240_000);

const LONG_MS = 100_000;

interface BatchBody {
  readonly id: string;
  readonly status: string;
  readonly outcome: string | null;
  readonly dialect: string;
}

interface JobBody {
  readonly status: string;
  readonly reason: string | null;
  readonly unknown: boolean;
  readonly target: { readonly kind: string; readonly id: string; readonly label: string };
}

/** For its workflow `hidden` the password is none that has to be hidden. */
const PLAIN = `
name: Plain
version: "1"
createWorkflow: create
destroyWorkflow: destroy
workflows:
  create: {}
  hidden: {variables: [{name: password, type: String, description: Word}], steps: [{kind: simulate}]}
  destroy: {steps: [{kind: simulate}]}
`;

let fleet: FleetApp;
let folder: string;
let fuel: FuelApi;
let envs: Envs;
let releaseId: number;

/** Two disk images: one that can be built, one whose builder fails. Nothing is built or launched by itself but one node. */
function poolYaml(): string {
  const image = (name: string, env: string) =>
    `  - name: ${name}\n    elements: [fedora, vm]\n    release: 21\n    env-vars: ${env}`;
  return `
script-dir: scripts
images-dir: ${folder}/images
elements-dir: ${folder}/elements
cron: { cleanup: '0 0 1 1 *', check: '0 0 1 1 *', image-update: '0 0 1 1 *' }
labels:
  - name: fake-label
    image: fake-image
    min-ready: 1
    providers: [{ name: fake-provider }]
providers:
  - name: fake-provider
    driver: fake
    max-servers: 96
    rate: 0.001
    images:
      - { name: fake-image, base-image: 'Fake Precise', min-ram: 8192, setup: prepare_node_devstack.sh }
diskimages:
${image('good-image', '{}')}
${image('bad-image', `{ STANDIN_EXIT: '127' }`)}
targets:
  - name: fake-target
`;
}

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'slipway-dialects-'));
  writeFileSync(join(folder, 'flows.yaml'), TEMPLATES['flows.yaml']);
  writeFileSync(join(folder, 'plain.yaml'), PLAIN);
  const nodepoolConfFile = join(folder, 'nodepool.yml.txt');
  writeFileSync(nodepoolConfFile, poolYaml());
  fleet = await FleetApp.start({
    config: {
      role: 'all',
      templatesDir: folder,
      nodepoolConfFile,
      nodepoolDibCommand: STANDIN,
      workerConcurrency: 10,
      databasePool: 15,
    },
  });
  await fleet.sql(
    `with stored as (
       insert into fake_images (id, provider_name, name) values ('i', 'fake-provider', 'fake-image') returning id)
     insert into provider_images (provider_name, image_name, hostname, version, external_id, state)
     select 'fake-provider', 'fake-image', 'fake-image', 1, stored.id, 2 from stored`,
  );
  fuel = new FuelApi(fleet.running, fleet.running.adminToken);
  releaseId = (await fuel.create('releases', releaseBody())).id;
  const send = (method: string) => (path: string, payload?: unknown) =>
    fleet.running.inject({
      method,
      url: `/rest${path}`,
      payload,
      headers: { authorization: basic('admin', ADMIN_PASSWORD) },
    });
  const client = { get: send('GET'), post: send('POST'), put: send('PUT'), delete: send('DELETE') };
  const project = ok(await client.post('/projects', { name: 'north', projectManager: 'somebody' }));
  envs = new Envs(client, `/projects/${(project.result as { id: number }).id}/envs`);
  await giveRole(['olga']);
});
afterAll(async () => {
  await fleet.close();
  rmSync(folder, { recursive: true, force: true });
});

/** The users of the environments' project; all others are none any more. */
async function giveRole(users: readonly string[]): Promise<void> {
  const answer = await fleet.running.inject({
    method: 'PUT',
    url: `/rest${envs.path.replace(/envs$/, 'roles/ROLE_GENESIS_PROJECT_USER')}`,
    payload: { users, groups: [] },
    headers: { authorization: basic('admin', ADMIN_PASSWORD) },
  });
  ok(answer);
}

function request(kind: string, ids: readonly (string | number)[], action: string, more: object = {}) {
  return { targets: { kind, ids: ids.map(String) }, action, ...more };
}

async function submit(...asked: Parameters<typeof request>): Promise<string> {
  const answer = await fleet.call('POST', '/batches', request(...asked), { as: 'operator' });
  expect([answer.statusCode, answer.body]).toEqual([201, expect.any(String)]);
  return answer.json<BatchBody>().id;
}

async function until<T>(what: string, look: () => Promise<T | undefined>): Promise<T> {
  const deadline = Date.now() + LONG_MS;
  for (;;) {
    const found = await look();
    if (found !== undefined) return found;
    if (Date.now() > deadline) throw new Error(`waited in vain for ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}

/** The batch when it is over, with its jobs by the names of their targets. */
async function ended(id: string): Promise<{ batch: BatchBody; jobs: Record<string, JobBody> }> {
  const batch = await until(`the end of ${id}`, async () => {
    const found = await fleet.get<BatchBody>(`/batches/${id}`);
    return found.outcome === null ? undefined : found;
  });
  const { items } = await fleet.get<{ items: JobBody[] }>(`/batches/${id}/jobs`);
  return { batch, jobs: Object.fromEntries(items.map((job) => [job.target.label, job])) };
}

/** The batches that jobs of a fleet's batch follow, by the names of their targets. */
async function followed(id: string): Promise<Record<string, string | null>> {
  const rows = await fleet.sql<{ label: string; child: string | null }>(
    `select label, steps -> 0 -> 'state' ->> 'followed' as child from jobs where batch_id = $1`,
    [id],
  );
  return Object.fromEntries(rows.map(({ label, child }) => [label, child]));
}

/** What the dialects made since a fleet's batch was: batches of these kinds, other than what the pool does by itself. */
async function made(since: string, kind: string, act: string | null = null): Promise<string[]> {
  const rows = await fleet.sql<{ id: string }>(
    `select b.id from batches b where b.kind like $2 and b.kind <> 'fleet'
       and b.created_at >= (select created_at from batches where id = $1)
       and ($3::text is null or exists (select 1 from jobs j where j.batch_id = b.id and j.input ->> 'act' = $3))
     order by b.created_at`,
    [since, kind, act],
  );
  return rows.map(({ id }) => id);
}

const statusOf = async (id: string | null | undefined) =>
  (await fleet.sql<{ status: string }>('select status from batches where id = $1', [id]))[0]?.status;

let used = 0;
async function cluster(simulation: object): Promise<{ id: number; name: string; nodeId: number }> {
  used += 1;
  const name = `cluster ${used}`;
  const { id } = await fuel.create('clusters', { name, release: releaseId, mode: 'multinode' });
  const [node] = await fleet.sql<{ id: number }>(
    `insert into nodes (name, mac, status, progress, roles, pending_roles, pending_addition, driver, simulation, cluster_id)
     values ($1, $2, 'discover', 0, '[]', '["controller"]', true, 'simulated', $3::jsonb, $4) returning id`,
    [
      `node ${used}`,
      `52:54:00:00:01:${used.toString(16).padStart(2, '0')}`,
      JSON.stringify({ tick_ms: 5, ...simulation }),
      id,
    ],
  );
  return { id, name, nodeId: node!.id };
}

/** Of the template `Flows`, ready. */
async function environment(): Promise<{ id: number; name: string }> {
  const id = await envs.flows();
  return { id, name: (await envs.details(id)).name };
}

const readyNode = () =>
  until('a ready node', async () => (await fleet.sql<{ id: number }>('select id from pool_nodes where state = 2'))[0]);

describe('Fuel’s clusters in a fleet’s batch', () => {
  it('are deployed in a batch of Fuel’s each, and one that fails fails alone, with its reason', async () => {
    const good = await cluster({});
    const bad = await cluster({ fail: 'deploy' });
    const id = await submit('cluster', [good.id, bad.name], 'deploy');
    const { batch, jobs } = await ended(id);
    expect(batch).toMatchObject({ status: 'failed', outcome: 'failed', dialect: 'fuel' });
    const children = await followed(id);
    expect(jobs[good.name]).toMatchObject({ status: 'succeeded', unknown: false, target: { kind: 'cluster' } });
    expect(jobs[bad.name]).toMatchObject({
      status: 'failed',
      reason: expect.stringMatching(
        new RegExp(`^Batch ${children[bad.name]} failed: .*told to fail its deploy`),
      ) as string,
    });
    expect((await made(id, 'fuel%')).sort()).toEqual(Object.values(children).sort());
    const rows = await fleet.sql('select status from clusters where id = any($1) order by id', [[good.id, bad.id]]);
    expect(rows).toEqual([{ status: 'operational' }, { status: 'error' }]);
    expect(await statusOf(children[good.name])).toBe('succeeded');
  });

  it('that succeed alone are a success, and one with nothing pending is refused in Fuel’s words', async () => {
    const { id: clusterId, name } = await cluster({});
    expect((await ended(await submit('cluster', [clusterId], 'deploy'))).batch.outcome).toBe('succeeded');
    const again = await submit('cluster', [clusterId], 'deploy');
    const { batch, jobs } = await ended(again);
    expect([batch.outcome, jobs[name]!.status]).toEqual(['failed', 'failed']);
    expect(jobs[name]!.reason).toMatch(/No changes/);
    expect(await made(again, 'fuel%')).toEqual([]);
  });

  it('stop when the fleet’s batch is aborted, which is cancelled only when they have', async () => {
    const { id: clusterId, name } = await cluster({ hang: true });
    const id = await submit('cluster', [clusterId], 'deploy');
    const child = await until('its batch', async () => (await followed(id))[name] ?? undefined);
    await until('work on the node', async () => {
      const [job] = await fleet.sql(`select 1 from jobs where batch_id = $1 and status = 'running'`, [child]);
      return job;
    });
    expect((await fleet.call('POST', `/batches/${id}/abort`, undefined, { as: 'operator' })).statusCode).toBe(200);
    const { batch, jobs } = await ended(id);
    expect([batch.outcome, jobs[name]!.status]).toEqual(['cancelled', 'cancelled']);
    expect(await statusOf(child)).toBe('cancelled');
    expect(await made(id, 'fuel%')).toEqual([child]);
  });
});

describe('the pool’s nodes in a fleet’s batch', () => {
  it('are deleted with their servers by one deletion; the pool launches another', async () => {
    const { id: nodeId } = await readyNode();
    const id = await submit('pool-node', [nodeId], 'delete');
    const { batch, jobs } = await ended(id);
    expect([batch.outcome, Object.values(jobs)[0]!.status]).toEqual(['succeeded', 'succeeded']);
    expect(await fleet.sql('select 1 from pool_nodes where id = $1', [nodeId])).toEqual([]);
    expect(await made(id, 'nodepool.node', 'delete')).toEqual(Object.values(await followed(id)));
    expect((await readyNode()).id).toBeGreaterThan(nodeId);
  });

  it('fail where they are gone before their turn, and nothing is started', async () => {
    const { id: nodeId } = await readyNode();
    const id = await submit('pool-node', [nodeId], 'delete', { approval: { needed: 1 } });
    expect((await ended(await submit('pool-node', [nodeId], 'delete'))).batch.outcome).toBe('succeeded');
    await approve(id);
    const { batch, jobs } = await ended(id);
    expect(batch).toMatchObject({ status: 'failed', outcome: 'failed' });
    expect(Object.values(jobs)[0]).toMatchObject({
      status: 'failed',
      unknown: false,
      reason: expect.stringContaining('does not exist any more') as string,
    });
    expect(Object.values(await followed(id))).toEqual([null]);
  });
});

describe('disk images in a fleet’s batch', () => {
  it('are built once each, and one whose builder fails fails alone', async () => {
    const id = await submit('disk-image', ['good-image', 'bad-image'], 'build');
    const { batch, jobs } = await ended(id);
    expect(batch).toMatchObject({ status: 'failed', outcome: 'failed', dialect: 'nodepool' });
    expect(jobs['good-image']).toMatchObject({ status: 'succeeded' });
    expect(jobs['bad-image']).toMatchObject({
      status: 'failed',
      unknown: false,
      reason: expect.stringContaining('127') as string,
    });
    expect((await made(id, 'nodepool.dib', 'build')).sort()).toEqual(Object.values(await followed(id)).sort());
    // The loop takes the failed one away in its own time.
    const images = await until('the failed image to be gone', async () => {
      const rows = await fleet.sql<{ image_name: string }>('select image_name, state from dib_images order by id');
      return rows.some(({ image_name: name }) => name === 'bad-image') ? undefined : rows;
    });
    expect(images).toEqual([{ image_name: 'good-image', state: 2 }]);
  });
});

describe('environments in a fleet’s batch', () => {
  it('run a workflow each; one whose workflow fails fails alone, and is broken', async () => {
    const [good, bad] = [await environment(), await environment()];
    const first = await submit('environment', [good.id], 'workflow', { parameters: { workflow: 'retried' } });
    const well = await ended(first);
    expect([well.batch.outcome, well.jobs[good.name]!.status]).toEqual(['succeeded', 'succeeded']);
    expect(await made(first, 'environments%')).toEqual(Object.values(await followed(first)));
    expect(await envs.newest(good.id)).toMatchObject({ name: 'retried', status: 'Succeed', startedBy: 'olga' });

    const second = await submit('environment', [bad.name], 'workflow', { parameters: { workflow: 'fails' } });
    const { batch, jobs } = await ended(second);
    expect(batch).toMatchObject({ status: 'failed', outcome: 'failed', dialect: 'environments' });
    const child = (await followed(second))[bad.name];
    expect(jobs[bad.name]).toMatchObject({
      status: 'failed',
      unknown: false,
      reason: expect.stringContaining(`Batch ${child} failed: `) as string,
    });
    expect(await made(second, 'environments%')).toEqual([child]);
    expect((await envs.details(bad.id)).status).toBe('Broken');
  });

  it('stop when the fleet’s batch is aborted', async () => {
    const { id: environmentId, name } = await environment();
    const id = await submit('environment', [environmentId], 'workflow', { parameters: { workflow: 'long' } });
    const child = await until('its batch', async () => (await followed(id))[name] ?? undefined);
    expect((await fleet.call('POST', `/batches/${id}/abort`, undefined, { as: 'operator' })).statusCode).toBe(200);
    const { batch, jobs } = await ended(id);
    expect([batch.outcome, jobs[name]!.status]).toEqual(['cancelled', 'cancelled']);
    expect(await statusOf(child)).toBe('cancelled');
    expect(await envs.newest(environmentId)).toMatchObject({ name: 'long', status: 'Canceled' });
  });
});

const approve = async (id: string) => {
  const answer = await fleet.call('POST', `/batches/${id}/approvals`, {});
  expect([answer.statusCode, answer.body]).toEqual([200, expect.any(String)]);
};

describe('the rights of who asked', () => {
  const workflow = { parameters: { workflow: 'retried' } };

  it('are those of the environment’s project when the batch is made', async () => {
    const { id } = await environment();
    const asked = request('environment', [id], 'workflow', workflow);
    const stranger = await tokenOf(fleet.running, 'steve', 'operator');
    const answer = await fleet.running.inject({
      method: 'POST',
      url: '/fleet/v1/batches',
      payload: asked,
      headers: { authorization: `Token ${stranger}` },
    });
    expect([answer.statusCode, problemOf(answer)]).toEqual([422, 'targets_refused']);
    expect(answer.json()).toMatchObject({ refused: [{ id: String(id), code: 'role', message: 'Access is denied' }] });
    expect((await fleet.call('POST', '/batches', asked, { as: 'viewer' })).statusCode).toBe(403);
  });

  it('and those they have in it when their turn comes', async () => {
    const { id: environmentId, name } = await environment();
    const id = await submit('environment', [environmentId], 'workflow', { ...workflow, approval: { needed: 1 } });
    await giveRole([]);
    try {
      await approve(id);
      const { batch, jobs } = await ended(id);
      expect(batch.outcome).toBe('failed');
      expect(jobs[name]!.reason).toBe(`olga may not run workflows of ${name}`);
      expect(await made(id, 'environments%')).toEqual([]);
      expect(await envs.details(environmentId)).toMatchObject({ status: 'Ready', historyCount: 1 });
    } finally {
      await giveRole(['olga']);
    }
  });

  it('and of whoever tries it again, not those of who asked first', async () => {
    const { id: environmentId, name } = await environment();
    const first = await submit('environment', [environmentId], 'workflow', { ...workflow, approval: { needed: 1 } });
    await giveRole([]);
    await approve(first);
    expect((await ended(first)).batch.outcome).toBe('failed');
    await giveRole(['olga']);
    const again = async (token: string, id: string) => {
      const answer = await fleet.running.inject({
        method: 'POST',
        url: `/fleet/v1/batches/${id}/retry`,
        headers: { authorization: `Token ${token}` },
      });
      expect([answer.statusCode, answer.body]).toEqual([201, expect.any(String)]);
      const retried = answer.json<BatchBody>().id;
      await approve(retried);
      return retried;
    };
    const second = await again(await tokenOf(fleet.running, 'rita', 'operator'), first);
    expect((await ended(second)).jobs[name]!.reason).toBe(`rita may not run workflows of ${name}`);
    expect(await made(first, 'environments%')).toEqual([]);
    const third = await again(fleet.tokens.operator, second);
    expect((await ended(third)).batch.outcome).toBe('succeeded');
    expect(await made(third, 'environments%')).toEqual(Object.values(await followed(third)));
  });

  it.each([
    ['is disabled', `update users set is_active = false where username = $1`, 'is disabled or gone'],
    ['is a viewer by then', `update users set role = 'viewer' where username = $1`, 'may not do this any more'],
    ['is deleted', `delete from users where username = $1`, 'is disabled or gone'],
  ])('whoever %s starts nothing, of any dialect', async (what, change, words) => {
    const username = `otto-${what.replaceAll(' ', '-')}`;
    const token = await tokenOf(fleet.running, username, 'operator');
    const { id: clusterId, name, nodeId } = await cluster({});
    const answer = await fleet.running.inject({
      method: 'POST',
      url: '/fleet/v1/batches',
      payload: request('cluster', [clusterId], 'deploy', { approval: { needed: 1 } }),
      headers: { authorization: `Token ${token}` },
    });
    expect(answer.statusCode).toBe(201);
    const { id } = answer.json<BatchBody>();
    await fleet.sql(change, [username]);
    await approve(id);
    const { batch, jobs } = await ended(id);
    expect([batch.outcome, jobs[name]!.reason]).toEqual(['failed', `${username}, who asked for it, ${words}`]);
    expect(await made(id, 'fuel%')).toEqual([]);
    expect(await fleet.sql('select status from nodes where id = $1', [nodeId])).toEqual([{ status: 'discover' }]);
  });
});

describe('secrets of environments', () => {
  const PASSWORD = 'open sesame 4711';
  const variables = { password: PASSWORD };
  const stored = async () => {
    const tables = ['plans', 'hooks', 'batches', 'jobs', 'audit_events', 'idempotency_keys'];
    const rows = await Promise.all(tables.map((table) => fleet.sql(`select * from ${table}`)));
    return JSON.stringify(rows);
  };
  const secret = (answer: Awaited<ReturnType<FleetApp['call']>>) => {
    expect([answer.statusCode, problemOf(answer)]).toEqual([400, 'secret_variable']);
    expect(answer.json()).toMatchObject({ variable: 'password' });
    expect(answer.body).not.toContain(PASSWORD);
  };

  it('are in no batch, not even one that leaves out whom it may', async () => {
    const one = await environment();
    const other = await envs.create('Plain', '1');
    await envs.until(other, 'Ready');
    const parameters = { workflow: 'hidden', variables };
    for (const onRefused of ['fail', 'skip']) {
      const more = { parameters, on_refused: onRefused };
      secret(await fleet.call('POST', '/batches', request('environment', [other, one.id], 'workflow', more)));
    }
    expect(await stored()).not.toContain(PASSWORD);
  });

  it.each<[string, object, object[]]>([
    ['as it is', {}, []],
    ['of a workflow that is said later', { workflow: undefined }, [{ name: 'what', pointer: '/parameters/workflow' }]],
    ['of a kind that is said later', { kind: 'device' }, [{ name: 'kind', pointer: '/targets/kind' }]],
    ['of an action that is said later', { action: 'other' }, [{ name: 'act', pointer: '/action' }]],
    ['of targets that are said later', { kind: 'cluster' }, [{ name: 'whom', pointer: '/targets' }]],
  ])('are in no plan: %s', async (_what, change, parameters) => {
    const { kind, workflow, action } = { kind: 'environment', action: 'workflow', workflow: 'hidden', ...change };
    const asked = { targets: { kind, filter: {} }, action, parameters: { workflow, variables } };
    secret(await fleet.call('POST', '/plans', { name: 'leak', request: asked, parameters }));
    expect(await stored()).not.toContain(PASSWORD);
  });

  it('do not come into a plan by a change, or by what a hook always says', async () => {
    const parameters = [{ name: 'password', pointer: '/parameters/variables/password' }];
    const asked = {
      targets: { kind: 'environment', filter: {} },
      action: 'workflow',
      parameters: { workflow: 'hidden' },
    };
    const plan = await fleet.call('POST', '/plans', { name: 'fine', request: asked, parameters });
    expect(plan.statusCode).toBe(201);
    const leak = { request: { ...asked, parameters: { workflow: 'hidden', variables } } };
    secret(await fleet.call('PATCH', '/plans/fine', leak, { headers: { 'if-match': '*' } }));
    const hook = (said: object) => ({
      name: 'leak',
      kind: 'github',
      secret: 'It is a secret to everybody',
      plan: 'fine',
      mapping: { parameters: { password: said } },
    });
    secret(await fleet.call('POST', '/hooks', hook({ value: PASSWORD })));
    secret(await fleet.call('POST', '/hooks', hook({ pointer: '/x', fallback: PASSWORD })));
    const made = await fleet.call('POST', '/hooks', hook({ pointer: '/x' }));
    expect(made.statusCode).toBe(201);
    const { mapping } = hook({ value: PASSWORD });
    const path = `/hooks/${made.json<{ id: string }>().id}`;
    secret(await fleet.call('PATCH', path, { mapping }, { headers: { 'if-match': '*' } }));
    secret(await fleet.call('POST', '/plans/fine/runs', { parameters: { password: PASSWORD } }));
    expect(await stored()).not.toContain(PASSWORD);
  });
});
