import { snapshotYaml } from './engine.js';
import { KillablePool } from './killable-pool.js';
import { until } from './pool.js';

/** Processes are started and killed, which takes its time on a busy machine. */
const LONG_MS = 150_000;
/** The provider has made the server, and never gets to say its id. */
const NEVER_ANSWERS = '    fake: { create-delay: 3600 }';

describe('kill -9 between the creation of a server and the recording of its id (acceptance case 26)', () => {
  let pool: KillablePool;
  beforeEach(async () => {
    pool = await KillablePool.create();
    await pool.readyImage();
  });
  afterEach(() => pool.end());

  /** The server that stands at the provider while the row knows of none. */
  async function killInBetween(): Promise<{ node: number; server: string }> {
    await pool.start(snapshotYaml({ extra: NEVER_ANSWERS }));
    const [server] = await until('the provider has made a server', async () => {
      const servers = await pool.servers();
      return servers.length > 0 && servers;
    });
    await pool.kill();
    const nodes = await pool.nodes('true');
    expect(nodes).toMatchObject([{ state: 1, external_id: null }]);
    return { node: nodes[0]!.id, server: server!.id };
  }

  it(
    'a new start removes the server by its tags with the row, and launches another node',
    async () => {
      const lost = await killInBetween();
      await pool.start(snapshotYaml());
      const [node] = await pool.ready(1);
      expect(node!.id).toBeGreaterThan(lost.node);
      await until('the lost node is gone', async () => (await pool.nodes(`id = ${lost.node}`)).length === 0);
      expect((await pool.servers()).map(({ id }) => id)).toEqual([node!.external_id]);
      expect(node!.external_id).not.toBe(lost.server);
      expect(await pool.nodes('true')).toHaveLength(1);
      const deleted = await pool.sql.query<{ subject: string }[]>(
        `select distinct subject from fake_calls where call = 'delete-server'`,
      );
      expect(deleted).toEqual([{ subject: lost.server }]);
    },
    LONG_MS,
  );

  it(
    'another process that lives takes the launch over with that very server: none is created a second time',
    async () => {
      await pool.start(snapshotYaml({ extra: NEVER_ANSWERS }));
      await until('the provider has made a server', async () => (await pool.servers()).length > 0);
      const other = pool.another('two');
      try {
        await other.start(snapshotYaml());
        await pool.kill();
        // The call that took so long is over: the server comes up.
        await pool.sql.query('update fake_servers set active_at = now()');
        const [node] = await other.ready(1);
        expect((await pool.servers()).map(({ id }) => id)).toEqual([node!.external_id]);
        expect(await pool.nodes('true')).toHaveLength(1);
        const created = await pool.sql.query<unknown[]>(`select 1 from fake_calls where call = 'create-server'`);
        expect(created).toHaveLength(1);
      } finally {
        await other.stop();
      }
    },
    LONG_MS,
  );
});
