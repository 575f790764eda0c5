import { mkdir, mkdtemp, readFile, realpath, rm, writeFile } from 'node:fs/promises';
import { tmpdir, userInfo } from 'node:os';
import { join } from 'node:path';
import { startTestApp, type TestApp } from '../support/app.js';
import { findSshd, OpenSsh } from '../support/open-ssh.js';
import { FuelFleet, spansOf, type FleetNode, type FleetTask } from './fuel-fleet.js';

const sshd = findSshd();
const whenSshd = sshd === null ? describe.skip : describe;
/** Dozens of log-ins each: a machine that is busy with other things takes its time for them. */
const PATIENCE_MS = 240_000;

/** The contract's flow, word for word, as a script makes it. */
describe('an environment is upgraded', () => {
  let app: TestApp;
  let fleet: FuelFleet;
  let root: string;

  beforeAll(async () => {
    root = await mkdtemp(join(await realpath(tmpdir()), 'slipway-fuel-'));
    const common = { fuelSshKeyFile: join(root, 'id_common'), fuelSshUsername: userInfo().username };
    app = await startTestApp({ config: { role: 'all', ...common } });
    fleet = new FuelFleet(app.inject, app.adminToken);
  });
  afterAll(async () => {
    await app.close();
    await rm(root, { recursive: true, force: true });
  });

  /** GET /releases, GET /nodes, PUT the pending release, PUT /deploy/?nodes=: what the contract says of each answer. */
  async function setUp(cluster: number, release: number): Promise<void> {
    const releases = await fleet.ask<{ id: number; version: string; state: string }[]>('GET', '/releases');
    expect(releases.find(({ id }) => id === release)).toMatchObject({ version: '2014.1.1-5.1', state: 'available' });
    const body = { status: 'update', pending_release_id: release };
    expect(await fleet.ask('PUT', `/clusters/${cluster}`, body, 200)).toMatchObject({ id: cluster, ...body });
  }

  async function deploy(cluster: number, ids: readonly number[]): Promise<FleetTask> {
    const path = `/clusters/${cluster}/deploy/?nodes=${ids.join(',')}`;
    const task = await fleet.ask<FleetTask>('PUT', path, {}, 200);
    expect(task).toMatchObject({ status: 'running', name: 'deployment' });
    return task;
  }

  async function logsOf(task: number): Promise<string> {
    const rows = await app.database.dataSource.query<{ text: string }[]>(
      `select l.text from job_logs l join jobs j on j.id = l.job_id join tasks t on t.batch_id = j.batch_id
       where t.id = $1 order by l.id`,
      [task],
    );
    return rows.map(({ text }) => text).join('\n');
  }

  describe('of simulated nodes', () => {
    const simulated = (simulation: Record<string, unknown> = {}) => ({
      driver: 'simulated',
      simulation: { tick_ms: 150, ...simulation },
    });

    async function environment(simulations: Record<string, unknown>[]) {
      const releases = await fleet.releases(() => []);
      const cluster = await fleet.cluster(releases.old);
      const ids: number[] = [];
      for (const [index, simulation] of simulations.entries()) {
        ids.push(await fleet.node(cluster, index === 0 ? ['controller'] : ['compute'], simulated(simulation)));
      }
      return { ...releases, cluster, ids };
    }

    it(
      'some first, then the rest: the release is swapped when the last of them has it',
      async () => {
        const { old, next, cluster, ids } = await environment([{}, {}, {}]);
        await setUp(cluster, next);
        const first = await deploy(cluster, ids.slice(0, 1));
        expect((await fleet.nodes(cluster)).find(({ id }) => id === ids[0])).toMatchObject({ status: 'deploying' });
        expect(await fleet.ended(first.id)).toMatchObject({ status: 'ready', progress: 100 });
        expect(await fleet.clusterNow(cluster)).toMatchObject({
          status: 'update',
          release_id: old,
          pending_release_id: next,
        });
        await deploy(cluster, ids.slice(1));
        const seen = new Map<number, number[]>();
        await fleet.until(
          async () => {
            for (const node of await fleet.nodes(cluster)) {
              if (node.status === 'deploying') seen.set(node.id, [...(seen.get(node.id) ?? []), node.progress]);
            }
            return fleet.clusterNow(cluster);
          },
          ({ status }) => status === 'operational',
        );
        expect(await fleet.clusterNow(cluster)).toMatchObject({
          status: 'operational',
          release_id: next,
          pending_release_id: null,
        });
        for (const node of await fleet.nodes(cluster)) expect(node).toMatchObject({ status: 'ready', progress: 100 });
        for (const id of ids.slice(1)) {
          const progress = seen.get(id) ?? [];
          expect(progress.toSorted((one, other) => one - other)).toEqual(progress);
          expect(progress.some((percent) => percent > 0 && percent < 100)).toBe(true);
        }
      },
      PATIENCE_MS,
    );

    it(
      'one fails: update_error, its error_type; the roll-back goes to the release it has',
      async () => {
        const { old, next, cluster, ids } = await environment([{}, { fail: 'deploy' }, {}]);
        await fleet.ask('PUT', `/clusters/${cluster}`, { pending_release_id: next }, 200);
        const task = await fleet.ask<FleetTask>('PUT', `/clusters/${cluster}/update`, {}, 202);
        expect(await fleet.clusterNow(cluster)).toMatchObject({ status: 'update' });
        expect(await fleet.ended(task.id)).toMatchObject({
          status: 'error',
          message: expect.stringMatching(/^Update has failed\./),
        });
        expect(await fleet.clusterNow(cluster)).toMatchObject({
          status: 'update_error',
          release_id: old,
          pending_release_id: next,
        });
        const nodes = await fleet.nodes(cluster);
        const byId = (id: number | undefined) => nodes.find((node) => node.id === id);
        expect(byId(ids[1])).toMatchObject({ status: 'error', error_type: 'deploy', progress: 100 });
        // A compute node is not critical: the one after it was done all the same.
        expect([byId(ids[0])?.status, byId(ids[2])?.status]).toEqual(['ready', 'ready']);
        await fleet.ask('PUT', `/api/nodes/${ids[1]}`, { slipway: simulated() });
        await fleet.ask('PUT', `/clusters/${cluster}`, { pending_release_id: old }, 200);
        const back = await fleet.ask<FleetTask>('PUT', `/clusters/${cluster}/update`, undefined, 202);
        expect(await fleet.ended(back.id)).toMatchObject({ status: 'ready' });
        expect(await fleet.clusterNow(cluster)).toMatchObject({
          status: 'operational',
          release_id: old,
          pending_release_id: null,
        });
      },
      PATIENCE_MS,
    );
  });

  whenSshd(`of real hosts (${sshd ?? 'skipped: no sshd on this machine'})`, () => {
    const hosts: { ssh: OpenSsh; home: string }[] = [];

    beforeAll(async () => {
      for (let number = 1; number <= 3; number += 1) {
        const home = join(root, `host${number}`);
        await mkdir(home);
        hosts.push({ ssh: await OpenSsh.start(sshd ?? '', { HOME: home }), home });
      }
    });
    afterAll(async () => {
      for (const { ssh } of hosts) await ssh.stop();
    });

    /** `$HOME` of each host holds what its commands did. */
    const tasksOf = (version: string) => [
      { id: 'deploy_start', type: 'stage' },
      { id: 'deploy_end', type: 'stage', requires: ['deploy_start'] },
      {
        id: 'mark-begin',
        type: 'shell',
        role: '*',
        required_for: ['deploy_start'],
        parameters: { cmd: 'echo "start $(date +%s%3N)" >> "$HOME/marks"' },
      },
      {
        id: 'controller',
        type: 'group',
        role: ['controller'],
        requires: ['deploy_start'],
        required_for: ['deploy_end'],
      },
      {
        id: 'install',
        type: 'shell',
        groups: ['controller', 'compute'],
        requires: ['deploy_start'],
        required_for: ['deploy_end'],
        parameters: {
          cmd: 'echo "installing $SLIPWAY_RELEASE_VERSION as $SLIPWAY_ROLES"; sleep 0.3; [ ! -e "$HOME/broken" ] || { echo "disk is full" >&2; exit 5; }; echo "$SLIPWAY_RELEASE_VERSION $SLIPWAY_NODE_ID" > "$HOME/installed"',
          timeout: 60,
          retries: 1,
          interval: 0,
        },
      },
      {
        id: 'api-only',
        type: 'shell',
        groups: ['controller'],
        requires: ['install'],
        parameters: { cmd: `echo ${version} > "$HOME/api"`, cwd: '/tmp' },
      },
      {
        id: 'mark-end',
        type: 'shell',
        role: ['*'],
        requires: ['deploy_end', 'api-only'],
        parameters: { cmd: 'echo "end $(date +%s%3N)" >> "$HOME/marks"' },
      },
    ];

    async function environment() {
      for (const { home } of hosts) {
        for (const name of ['marks', 'installed', 'api', 'broken']) await rm(join(home, name), { force: true });
      }
      const releases = await fleet.releases(tasksOf);
      const cluster = await fleet.cluster(releases.old);
      const ids: number[] = [];
      for (const [index, { ssh }] of hosts.entries()) {
        ids.push(await fleet.sshNode(cluster, index === 1 ? ['controller'] : ['compute'], ssh));
      }
      return { ...releases, cluster, ids };
    }

    const read = (host: number, name: string) => readFile(join(hosts[host]!.home, name), 'utf8').catch(() => null);

    async function spans() {
      const marks = await Promise.all(hosts.map((_, host) => read(host, 'marks')));
      return marks
        .flatMap((text, host) => spansOf(String(host), text ?? ''))
        .sort((one, other) => one.from - other.from);
    }

    it(
      'runs the pending release’s tasks, one node at a time, the controller first',
      async () => {
        const { next, cluster, ids } = await environment();
        await setUp(cluster, next);
        const task = await deploy(cluster, ids);
        const chosen = await fleet.nodes(cluster);
        expect(new Set(chosen.map(({ status }: FleetNode) => status))).toEqual(new Set(['deploying']));
        await fleet.until(
          () => fleet.clusterNow(cluster),
          ({ status }) => status === 'operational' || status === 'error',
        );
        expect(await fleet.ended(task.id)).toMatchObject({ status: 'ready', progress: 100 });
        expect(await fleet.clusterNow(cluster)).toMatchObject({
          status: 'operational',
          release_id: next,
          pending_release_id: null,
        });
        expect(await Promise.all([0, 1, 2].map((host) => read(host, 'installed')))).toEqual(
          ids.map((id) => `2014.1.1-5.1 ${id}\n`),
        );
        expect(await Promise.all([0, 1, 2].map((host) => read(host, 'api')))).toEqual([null, '2014.1.1-5.1\n', null]);
        const ran = await spans();
        expect(ran.map(({ node }) => node)).toEqual(['1', '0', '2']);
        for (const [index, span] of ran.entries()) expect(span.from).toBeGreaterThanOrEqual(ran[index - 1]?.to ?? 0);
        const log = await logsOf(task.id);
        expect(log).toContain('installing 2014.1.1-5.1 as controller');
        expect(log).not.toMatch(/PRIVATE KEY/);
        const key = hosts[0]!.ssh.privateKey.split('\n')[1]!;
        expect(log + JSON.stringify(await fleet.nodes(cluster))).not.toContain(key);
      },
      PATIENCE_MS,
    );

    it(
      'one fails: error_type deploy, what it said, and a roll-back that puts the old release on all',
      async () => {
        const { old, next, cluster, ids } = await environment();
        await writeFile(join(hosts[2]!.home, 'broken'), '');
        await fleet.ask('PUT', `/clusters/${cluster}`, { pending_release_id: next }, 200);
        const task = await fleet.ask<FleetTask>('PUT', `/clusters/${cluster}/update/`, {}, 202);
        expect(await fleet.ended(task.id)).toMatchObject({ status: 'error' });
        expect(await fleet.clusterNow(cluster)).toMatchObject({
          status: 'update_error',
          release_id: old,
          pending_release_id: next,
        });
        const failed = (await fleet.nodes(cluster)).find(({ id }) => id === ids[2]);
        expect(failed).toMatchObject({ status: 'error', error_type: 'deploy', progress: 100 });
        const log = await logsOf(task.id);
        expect(log.match(/^disk is full$/gm)).toHaveLength(2);
        expect(log).toContain('install: failed, The command failed with exit code 5');
        const told = await fleet.ask<{ topic: string; message: string }[]>('GET', '/api/notifications');
        expect(told.map(({ message }) => message).join('\n')).toMatch(
          /Failed to deploy node .*: install: .*exit code 5/,
        );
        await rm(join(hosts[2]!.home, 'broken'));
        await fleet.ask('PUT', `/clusters/${cluster}`, { pending_release_id: old }, 200);
        const back = await fleet.ask<FleetTask>('PUT', `/clusters/${cluster}/update/`, {}, 202);
        expect(await fleet.ended(back.id)).toMatchObject({ status: 'ready' });
        expect(await fleet.clusterNow(cluster)).toMatchObject({ status: 'operational', release_id: old });
        expect(await Promise.all([0, 1, 2].map((host) => read(host, 'installed')))).toEqual(
          ids.map((id) => `2014.1-5.0 ${id}\n`),
        );
      },
      PATIENCE_MS,
    );

    it(
      'a failed controller stops the run before the others are touched',
      async () => {
        const { next, cluster, ids } = await environment();
        await writeFile(join(hosts[1]!.home, 'broken'), '');
        await setUp(cluster, next);
        const task = await deploy(cluster, ids);
        expect(await fleet.ended(task.id)).toMatchObject({ status: 'error' });
        expect(await fleet.clusterNow(cluster)).toMatchObject({ status: 'error', pending_release_id: next });
        expect(await Promise.all([0, 2].map((host) => read(host, 'marks')))).toEqual([null, null]);
        for (const node of await fleet.nodes(cluster)) {
          expect(node).toMatchObject({ status: 'error', error_type: 'deploy' });
        }
      },
      PATIENCE_MS,
    );

    it(
      'a host that refuses the login is an error that says so',
      async () => {
        const { next, cluster, ids } = await environment();
        const ssh = { port: hosts[0]!.ssh.port, private_key: hosts[1]!.ssh.privateKey };
        await fleet.ask('PUT', `/api/nodes/${ids[0]}`, { slipway: { ssh } });
        await setUp(cluster, next);
        const task = await deploy(cluster, [ids[0]!]);
        expect(await fleet.ended(task.id)).toMatchObject({ status: 'error' });
        expect(await logsOf(task.id)).toContain('login refused');
        expect(await read(0, 'marks')).toBeNull();
      },
      PATIENCE_MS,
    );

    it(
      'a node without a login of its own is reached with the common key, and its host key is kept',
      async () => {
        const { next, cluster, ids } = await environment();
        const [{ ssh }] = hosts as [(typeof hosts)[0]];
        const id = await fleet.node(cluster, ['compute'], { driver: 'ssh', ssh: { port: ssh.port } });
        await setUp(cluster, next);
        const without = await deploy(cluster, [id]);
        expect(await fleet.ended(without.id)).toMatchObject({ status: 'error' });
        expect(await logsOf(without.id)).toContain('The key file of FUEL_SSH_KEY_FILE cannot be read');
        await writeFile(join(root, 'id_common'), ssh.privateKey);
        const task = await deploy(cluster, [id]);
        expect(await fleet.ended(task.id)).toMatchObject({ status: 'ready' });
        expect(await read(0, 'installed')).toBe(`2014.1.1-5.1 ${id}\n`);
        type Reached = { slipway: { ssh: { host_key: string | null; has_private_key: boolean } } };
        const { slipway } = await fleet.ask<Reached>('GET', `/api/nodes/${id}`);
        expect(slipway.ssh).toMatchObject({ host_key: ssh.fingerprint, has_private_key: false });
        // Another host answers at its address: no credentials are sent, and it says why.
        await fleet.ask('PUT', `/api/nodes/${id}`, { slipway: { ssh: { port: hosts[1]!.ssh.port } } });
        const moved = await deploy(cluster, [id]);
        expect(await fleet.ended(moved.id)).toMatchObject({ status: 'error' });
        expect(await logsOf(moved.id)).toMatch(/Host key mismatch: .* No credentials were sent/);
        expect(ids).not.toContain(id);
      },
      PATIENCE_MS,
    );

    it(
      'a release without deployment tasks is no success on a real host',
      async () => {
        const { old, next } = await fleet.releases(() => []);
        const cluster = await fleet.cluster(old);
        const id = await fleet.sshNode(cluster, ['compute'], hosts[0]!.ssh);
        await setUp(cluster, next);
        const task = await deploy(cluster, [id]);
        expect(await fleet.ended(task.id)).toMatchObject({ status: 'error' });
        expect(await logsOf(task.id)).toMatch(
          /The release 'OpenStack \d+' \(2014\.1\.1-5\.1\) has no deployment tasks/,
        );
        expect(await fleet.clusterNow(cluster)).toMatchObject({ release_id: old, pending_release_id: next });
      },
      PATIENCE_MS,
    );

    it(
      'stop_deployment ends what runs on the node',
      async () => {
        for (const { home } of hosts) await rm(join(home, 'marks'), { force: true });
        const releases = await fleet.releases(() => [
          {
            id: 'long',
            type: 'shell',
            role: '*',
            parameters: { cmd: 'echo "$$" > "$HOME/pid"; sleep 300; echo late >> "$HOME/marks"', timeout: 600 },
          },
        ]);
        const cluster = await fleet.cluster(releases.old);
        const id = await fleet.sshNode(cluster, ['controller'], hosts[0]!.ssh);
        await fleet.ask('PUT', `/api/nodes/${id}`, {
          status: 'provisioned',
          progress: 0,
          pending_roles: ['controller'],
        });
        const started = await fleet.ask<FleetTask>('PUT', `/api/clusters/${cluster}/changes`, {}, 202);
        expect(started).toMatchObject({ name: 'deploy', status: 'running' });
        const pid = await fleet.until(
          () => read(0, 'pid'),
          (text) => (text ?? '').trim() !== '',
        );
        const stop = await fleet.ask<FleetTask>('PUT', `/api/clusters/${cluster}/stop_deployment`, {}, 202);
        expect(await fleet.ended(stop.id)).toMatchObject({ status: 'ready' });
        const left = await readFile(`/proc/${pid?.trim()}/stat`, 'utf8').catch(() => ') Z');
        expect(left).toMatch(/\) Z/);
        expect(await fleet.clusterNow(cluster)).toMatchObject({ status: 'stopped' });
      },
      PATIENCE_MS,
    );
  });
});
