import { Environments, refusal } from './environments.js';

/** Spec fuel sections 3.7 and 3.8, acceptance case 32. */
let env: Environments;
let cluster: number;
beforeAll(async () => {
  env = await Environments.start();
  const release = await env.release('1', [], {
    name: 'Icehouse',
    roles_metadata: { controller: { conflicts: ['compute'] } },
    attributes_metadata: { editable: { common: { debug: { value: false } } } },
  });
  cluster = await env.cluster(release);
});
afterAll(() => env.close());

const DISCOVERED = { status: 'discover', progress: 0 };
const assign = (...nodes: unknown[]) => env.api.post(`clusters/${cluster}/assignment/`, nodes);
const unassign = (...nodes: unknown[]) => env.api.post(`clusters/${cluster}/unassignment/`, nodes);

describe('assignment', () => {
  it('gives a node to the cluster, once (case 32)', async () => {
    const id = await env.node(null, DISCOVERED);
    const answer = await assign({ id, roles: ['controller', 'cinder', 'cinder'] });
    expect([answer.statusCode, answer.json()]).toEqual([200, null]);
    expect(answer.headers['content-type']).toContain('application/json');
    expect(await env.row(id)).toMatchObject({
      cluster_id: cluster,
      pending_roles: ['controller', 'cinder'],
      roles: [],
      pending_addition: true,
    });
    expect(refusal(await assign({ id, roles: ['controller'] }))).toEqual([
      400,
      `Nodes with ids ${id} already assigned to environments. Nodes must be unassigned before they can be assigned again.`,
    ]);
  });

  it('leaves nothing open about a node that was deleted', async () => {
    const [gone, stays] = [await env.node(null, DISCOVERED), await env.node(null, DISCOVERED)];
    await assign({ id: gone, roles: ['cinder'] }, { id: stays, roles: ['cinder'] });
    const open = async () =>
      (await env.api.get(`clusters/${cluster}`)).json<{ changes: { node_id: number | null }[] }>().changes;
    const before = await open();
    expect(before.map(({ node_id: id }) => id)).toEqual(expect.arrayContaining([gone, stays]));
    expect((await env.api.delete(`nodes/${gone}`)).statusCode).toBeLessThan(300);
    expect(await open()).toEqual(before.filter(({ node_id: id }) => id !== gone));
  });

  it('changes nodes that are to become alike in one statement', async () => {
    const ids = [];
    for (let count = 0; count < 5; count += 1) ids.push(await env.node(null, DISCOVERED));
    const dataSource = env.api.sql;
    await dataSource.query(`
      create table node_updates (rows integer);
      create function count_node_update() returns trigger language plpgsql as $$
      begin insert into node_updates select count(*) from changed; return null; end $$;
      create trigger count_node_update after update on nodes referencing new table as changed
        for each statement execute function count_node_update();
    `);
    try {
      const wishes = ids.map((id, place) => ({ id, cluster_id: cluster, name: place === 0 ? 'other' : 'same' }));
      expect((await env.api.put('nodes', wishes)).statusCode).toBe(200);
      const counted = await dataSource.query<{ rows: number }[]>('select rows from node_updates order by rows');
      expect(counted.map(({ rows }) => rows)).toEqual([1, 4]);
      for (const [place, id] of ids.entries()) {
        expect(await env.row(id)).toMatchObject({ cluster_id: cluster, name: place === 0 ? 'other' : 'same' });
      }
    } finally {
      await dataSource.query(`
        drop trigger count_node_update on nodes;
        drop function count_node_update;
        drop table node_updates;
      `);
    }
  });

  it('refuses all of it when one part is wrong', async () => {
    const [id, offline] = [await env.node(null, DISCOVERED), await env.node(null, { ...DISCOVERED, online: false })];
    const good = { id, roles: ['compute'] };
    expect(refusal(await assign(good, { id: 9999, roles: [] }))).toEqual([400, 'Nodes with ids 9999 were not found.']);
    expect(refusal(await assign(good, { id: offline, roles: [] }))).toEqual([
      400,
      `Cannot add offline node '${offline}' to environment`,
    ]);
    expect(refusal(await assign({ id, roles: ['cook', 'compute'] }))).toEqual([
      400,
      'cook are not valid roles for node in Icehouse release',
    ]);
    expect(refusal(await assign({ id, roles: ['controller', 'compute'] }))).toEqual([
      400,
      'Role "controller" in conflict with role compute',
    ]);
    expect(refusal(await assign({ id }))).toEqual([400, "'roles' is a required property"]);
    expect(refusal(await assign({ roles: [] }))).toEqual([400, "'id' is a required property"]);
    expect(refusal(await assign())[0]).toBe(400);
    expect(refusal(await env.api.post('clusters/9999/assignment', [good]))).toEqual([404, 'Cluster not found']);
    expect((await env.row(id)).cluster_id).toBe(null);
  });

  it('is won by one of two clusters that want the same node', async () => {
    const id = await env.node(null, DISCOVERED);
    const other = await env.cluster(await env.release('2'));
    const answers = await Promise.all(
      [cluster, other].map((each) => env.api.post(`clusters/${each}/assignment`, [{ id, roles: ['cinder'] }])),
    );
    expect(answers.map(({ statusCode }) => statusCode).sort()).toEqual([200, 400]);
  });
});

describe('unassignment', () => {
  it('frees what was never deployed, and marks the rest', async () => {
    const [fresh, deployed] = [await env.node(null, DISCOVERED), await env.node(cluster, { roles: ['cinder'] })];
    await assign({ id: fresh, roles: ['cinder'] });
    const answer = await unassign({ id: fresh }, { id: deployed });
    expect([answer.statusCode, answer.json()]).toEqual([200, null]);
    expect(await env.row(fresh)).toMatchObject({ cluster_id: null, pending_roles: [], pending_addition: false });
    expect(await env.row(deployed)).toMatchObject({ cluster_id: cluster, pending_deletion: true, status: 'ready' });
    const { changes } = await env.get(cluster);
    expect(changes).not.toContainEqual({ name: 'disks', node_id: fresh });
  });

  it('refuses nodes that are not there or another’s (case 32)', async () => {
    const other = await env.node(await env.cluster(await env.release('3')));
    const free = await env.node(null);
    expect(refusal(await unassign({ id: 9999 }))).toEqual([400, 'Nodes with ids 9999 were not found.']);
    expect(refusal(await unassign({ id: other }, { id: free }))).toEqual([
      400,
      `Nodes [${other}, ${free}] are not members of environment ${cluster}.`,
    ]);
    expect(refusal(await env.api.post('clusters/9999/unassignment', [{ id: free }]))[0]).toBe(404);
  });
});

describe('attributes', () => {
  beforeAll(async () => {
    // One without nodes that are ready: those lock it.
    cluster = await env.cluster((await env.get(cluster)).release_id);
  });
  const path = () => `clusters/${cluster}/attributes`;
  const defaults = { editable: { common: { debug: { value: false } } } };
  const changed = { editable: { common: { debug: { value: true } }, mine: { password: { value: 'hunter2' } } } };

  it('are the release’s at first, may be changed, and set back', async () => {
    expect(await env.api.read(path())).toEqual(defaults);
    const answer = await env.api.put(path(), changed);
    expect([answer.statusCode, answer.json()]).toEqual([200, changed]);
    expect(await env.api.read(`${path()}/`)).toEqual(changed);
    expect(await env.api.read(`${path()}/defaults`)).toEqual(defaults);
    expect((await env.api.put(`${path()}/defaults`)).json()).toEqual(defaults);
    expect(await env.api.read(path())).toEqual(defaults);
  });

  it('are not written into the audit trail', async () => {
    const rows = await env.api.sql.query<unknown[]>(`select 1 from audit_events where after::text like '%hunter2%'`);
    expect(rows).toEqual([]);
  });

  it.each([
    [{ editable: [] }, 'Editable attributes should be a dictionary'],
    [{ editable: null }, 'Editable attributes should be a dictionary'],
    [{ generated: {} }, 'It is not allowed to update generated attributes'],
    [
      { editable: { slipway: { max_parallel: 0 } } },
      'editable.slipway.max_parallel must be a whole number from 1 to 1000',
    ],
  ])('refuse %j', async (body, message) => expect(refusal(await env.api.put(path(), body))).toEqual([400, message]));

  it('are locked from the first deployment, but for Slipway’s own', async () => {
    await env.setCluster(cluster, 'operational');
    const locked = "Environment attributes can't be changed after, or in deploy.";
    expect(refusal(await env.api.put(path(), changed))).toEqual([403, locked]);
    expect((await env.api.put(path(), defaults)).statusCode).toBe(200);
    const own = { editable: { ...defaults.editable, slipway: { max_parallel: 3 } } };
    expect((await env.api.put(path(), own)).statusCode).toBe(200);
    expect(await env.api.read(path())).toEqual(own);
    expect(refusal(await env.api.put('clusters/9999/attributes', defaults))[0]).toBe(404);
    await env.setCluster(cluster, 'new');
  });
});
