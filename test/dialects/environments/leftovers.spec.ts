import { randomUUID } from 'node:crypto';
import { chmodSync, existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ShellCommands } from '../../../src/drivers/shell/shell-commands.js';
import { Leftovers } from '../../../src/environments/leftovers/leftovers.service.js';
import { environmentKey, tokenOf } from '../../../src/environments/steps/command-names.js';
import { PoolLease } from '../../../src/nodepool/leases/pool-lease.entity.js';
import { onLinux } from '../../support/on-linux.js';
import { addNode } from '../nodepool/rows.js';
import { Envs } from './envs-support.js';
import { type Genesis, ok, startGenesis } from './genesis.js';

const TEMPLATE = `
name: Small
version: "1"
createWorkflow: create
destroyWorkflow: destroy
workflows:
  create: {}
  long: {steps: [{kind: simulate, durationMs: 600000}]}
  destroy: {}
`;

onLinux('what workflows left behind', () => {
  let genesis: Genesis;
  let envs: Envs;
  let dataDir: string;
  let shell: ShellCommands;

  beforeAll(async () => {
    dataDir = mkdtempSync(join(tmpdir(), 'slipway-leftovers-'));
    chmodSync(dataDir, 0o755);
    genesis = await startGenesis({ templates: { 'small.yaml': TEMPLATE }, role: 'all', config: { dataDir } });
    envs = await Envs.of(genesis);
    shell = new ShellCommands({ folder: join(dataDir, 'environments'), user: 'nobody', graceMs: 300 });
  });
  afterAll(async () => {
    for (const key of await shell.environments()) await shell.removeEnvironment(key);
    await genesis.close();
    rmSync(dataDir, { recursive: true, force: true });
  });

  const pass = () => genesis.test.app.get(Leftovers, { strict: false }).pass();

  async function made(): Promise<{ id: number; key: string }> {
    const id = await envs.create('Small', '1');
    await envs.until(id, 'Ready');
    const [row] = await genesis.test.database.dataSource.query<{ id: number; createdAt: Date }[]>(
      'select id, created_at as "createdAt" from environments where id = $1',
      [id],
    );
    return { id, key: environmentKey(row!) };
  }

  async function command(environment: string, workflowId: number) {
    const started = { token: tokenOf(workflowId, randomUUID()), environment, command: 'sleep 600', variables: {} };
    await shell.start(started);
    return started;
  }

  it('is ended when its workflow is over, and left alone while it is at work', async () => {
    const { id, key } = await made();
    const workflowId = await envs.run(id, 'long');
    const [current, earlier] = [await command(key, workflowId), await command(key, workflowId - 1)];
    await pass();
    expect(await shell.look(earlier, 0)).toMatchObject({ state: 'ended', exitCode: 143 });
    expect(await shell.look(current, 0)).toMatchObject({ state: 'running' });
    ok(await genesis.as('genesis').post(`${envs.path}/${id}/actions/cancel`));
    await envs.until(id, 'Broken');
    await pass();
    expect(await shell.look(current, 0)).toMatchObject({ state: 'ended', exitCode: 143 });
  });

  it('goes with a destroyed environment: commands, files and servers', async () => {
    const { id, key } = await made();
    const { database } = genesis.test;
    const running = await command(key, 1);
    const node = await addNode(database, { state: 3, ip: '127.0.0.1' });
    const other = await addNode(database, { state: 3, ip: '127.0.0.1' });
    await database.dataSource.manager.insert(PoolLease, [
      { nodeId: node, holder: `environment:${id}`, key: 'step:1' },
      { nodeId: other, holder: 'environment:999', key: 'step:1' },
    ]);
    await database.dataSource.query(
      `insert into leased_servers (environment_id, role, host_number, instance_id, address, status)
       values ($1, 'web', 0, $2, '127.0.0.1', 'Ready')`,
      [id, String(node)],
    );
    const states = () =>
      database.dataSource.query<{ id: number; state: number }[]>('select id, state from pool_nodes order by id');
    await pass();
    expect((await states()).map(({ state }) => state)).toEqual([3, 3]);
    ok(await genesis.as('genesis').post(`${envs.path}/${id}/actions/markDestroyed`));
    await pass();
    expect((await states()).find((row) => row.id === node)?.state ?? 4).toBe(4);
    expect((await states()).find((row) => row.id === other)?.state).toBe(3);
    const rows = await database.dataSource.query('select status from leased_servers where environment_id = $1', [id]);
    expect(rows).toEqual([{ status: 'Released' }]);
    expect(existsSync(join(dataDir, 'environments', key))).toBe(false);
    expect(await shell.look(running, 0)).toMatchObject({ state: 'absent' });
  });

  it('is not touched where no row of ours stands for it', async () => {
    const { id } = await made();
    const stranger = await command(`${id}-another`, 1);
    await pass();
    expect(await shell.look(stranger, 0)).toMatchObject({ state: 'running' });
  });
});
