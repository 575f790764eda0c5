import { Environments, refusal } from './environments.js';

/** What is done to a cluster, its nodes and its releases while something else is in the middle of working with them. */
let env: Environments;
beforeAll(async () => {
  env = await Environments.running();
});
afterAll(() => env.close());

/** It never comes to an end by itself. */
const HANGS = { tick_ms: 1, hang: true };
const IN_USE = "Can't delete release with clusters assigned";

async function updating(): Promise<{ cluster: number; node: number; next: number; task: number }> {
  const { cluster, next } = await env.pair();
  const node = await env.node(cluster, { simulation: HANGS });
  await env.api.put(`clusters/${cluster}`, { pending_release_id: next });
  return { cluster, node, next, task: (await env.starts(`clusters/${cluster}/update`)).id };
}

/** Somebody waits for a row. */
async function waits(): Promise<void> {
  await env.until(
    () => env.api.sql.query<unknown[]>(`select 1 from pg_locks where not granted`),
    (locks) => locks.length > 0,
  );
}

describe('a release', () => {
  it('stays while nodes are brought to it, also when it is no longer pending', async () => {
    const { cluster, next, task } = await updating();
    expect((await env.api.put(`clusters/${cluster}`, { pending_release_id: null })).statusCode).toBe(200);
    expect(refusal(await env.api.delete(`releases/${next}`))).toEqual([400, IN_USE]);
    await env.api.delete(`tasks/${task}?force=1`);
    await env.until(
      () => env.api.delete(`releases/${next}`),
      ({ statusCode }) => statusCode === 204,
    );
  });

  it.each([
    ['made', [400, 'Invalid release ID']],
    ['set pending', [404, expect.stringMatching(/^Object 'Release' with UID=\d+ is not found in DB$/)]],
    ['switched', [400, 'Invalid release ID']],
  ])('that is being deleted is not there for a cluster that is being %s', async (what, expected) => {
    const { old, next, cluster } = await env.pair();
    const deletion = env.api.sql.createQueryRunner();
    try {
      await deletion.startTransaction();
      await deletion.query('delete from releases where id = $1', [next]);
      const before = await env.get(cluster);
      const answering =
        what === 'made'
          ? env.api.post('clusters', { name: `too late ${next}`, release: next })
          : env.api.put(
              `clusters/${cluster}`,
              what === 'switched' ? { release_id: next } : { pending_release_id: next },
            );
      await waits();
      await deletion.commitTransaction();
      expect(refusal(await answering)).toEqual(expected);
      expect(await env.get(cluster)).toEqual(before);
      expect(before.release_id).toBe(old);
    } finally {
      await deletion.release();
    }
  });
});

describe('a node that is worked on', () => {
  it('does not leave its cluster, whatever its row says', async () => {
    const { cluster } = await env.pair();
    const node = await env.node(cluster, { simulation: HANGS });
    await env.starts(`clusters/${cluster}/deploy?nodes=${node}`, 200);
    await env.api.sql.query(`update nodes set status = 'provisioned' where id = $1`, [node]);
    const [status, message] = refusal(await env.api.put(`clusters/${cluster}`, { nodes: [] }));
    expect([status, message]).toEqual([409, expect.stringContaining('is being worked on')]);
    expect((await env.row(node)).cluster_id).toBe(cluster);
  });
});

/** Whoever starts a deployment has the cluster's row first and the nodes' after it; nobody may take them the other way round. */
describe('what changes nodes only', () => {
  async function whileClusterIsHeld(id: number, act: () => Promise<{ statusCode: number }>): Promise<void> {
    const holder = env.api.sql.createQueryRunner();
    try {
      await holder.startTransaction();
      await holder.query('select 1 from clusters where id = $1 for update', [id]);
      expect((await act()).statusCode).toBe(200);
    } finally {
      await holder.rollbackTransaction();
      await holder.release();
    }
  }

  it('does not wait for their cluster: agents', async () => {
    const { cluster } = await env.pair();
    const id = await env.node(cluster, { online: false });
    await whileClusterIsHeld(cluster, () =>
      env.api.put('nodes/agent', { id, agent_checksum: 'new', os_platform: 'x' }),
    );
    expect(await env.row(id)).toMatchObject({ online: true, agent_checksum: 'new', os_platform: 'x' });
  });

  it('does not wait for their cluster: operators, also when they name a node twice', async () => {
    const { cluster } = await env.pair();
    const id = await env.node(cluster);
    const changes = [
      { id, name: 'once' },
      { id, name: 'twice' },
      { id, online: false },
    ];
    await whileClusterIsHeld(cluster, () => env.api.put('nodes', changes));
    expect(await env.row(id)).toMatchObject({ name: 'twice', online: false });
  });
});

describe('a cluster whose task was deleted while it ran', () => {
  const becomes = (id: number, status: string) =>
    env.until(
      () => env.get(id),
      (cluster) => cluster.status === status,
    );

  it('says that its update failed', async () => {
    const { cluster, next, task } = await updating();
    await env.api.delete(`tasks/${task}?force=1`);
    expect(await becomes(cluster, 'update_error')).toMatchObject({ pending_release_id: next });
  });

  it('says that its deployment failed', async () => {
    const { cluster } = await env.pair({ mode: 'multinode' });
    await env.node(cluster, {
      status: 'discover',
      pending_addition: true,
      pending_roles: ['controller'],
      simulation: HANGS,
    });
    const { id } = await env.starts(`clusters/${cluster}/changes`);
    expect((await env.get(cluster)).status).toBe('deployment');
    await env.api.delete(`tasks/${id}?force=1`);
    await becomes(cluster, 'error');
  });
});
