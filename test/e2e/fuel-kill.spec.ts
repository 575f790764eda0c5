import { mkdir, mkdtemp, readFile, realpath, rm, writeFile } from 'node:fs/promises';
import { Agent } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { cloneDatabase, type TestDatabase } from '../support/database.js';
import { countAsDead } from '../support/dead-workers.js';
import { findSshd, OpenSsh } from '../support/open-ssh.js';
import { injectInto } from '../support/request.js';
import { type ServerProcess, startServerProcess } from '../support/server-process.js';
import { FuelFleet, spansOf, type FleetTask } from './fuel-fleet.js';

const sshd = findSshd();
const whenSshd = sshd === null ? describe.skip : describe;
const TOKEN = '0123456789abcdef0123456789abcdef01234567';
const HOSTS = 3;

/** What its commands did is known from the hosts, which go on whatever happens to the server. */
whenSshd(`kill -9 of the server in the middle of an environment's upgrade (${sshd ?? 'skipped: no sshd'})`, () => {
  let root: string;
  let database: TestDatabase;
  let server: ServerProcess | undefined;
  let fleet: FuelFleet;
  const agent = new Agent();
  const hosts: { ssh: OpenSsh; home: string }[] = [];

  beforeAll(async () => {
    root = await mkdtemp(join(await realpath(tmpdir()), 'slipway-fuel-kill-'));
    database = await cloneDatabase();
    for (let number = 1; number <= HOSTS; number += 1) {
      const home = join(root, `host${number}`);
      await mkdir(home);
      hosts.push({ ssh: await OpenSsh.start(sshd ?? '', { HOME: home }), home });
    }
  });
  afterAll(async () => {
    await server?.end('SIGKILL');
    agent.destroy();
    for (const { ssh } of hosts) await ssh.stop();
    await database.drop();
    await rm(root, { recursive: true, force: true });
  });

  async function start(settings: Record<string, string> = {}): Promise<void> {
    server = await startServerProcess({
      DATABASE_URL: database.url,
      SLIPWAY_DATA_DIR: join(root, 'data'),
      SLIPWAY_SECRET_KEY: '000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f',
      SLIPWAY_ADMIN_TOKEN: TOKEN,
      SLIPWAY_LOG_LEVEL: 'warn',
      SLIPWAY_DATABASE_POOL: '10',
      ...settings,
    });
    fleet = new FuelFleet(injectInto(server.url, agent), TOKEN);
  }

  async function kill(): Promise<void> {
    expect(await server!.end('SIGKILL')).toBe('SIGKILL');
    await countAsDead(database.dataSource, server!);
  }

  /** A task that notes when it began and ended, and in between waits for a file where it is told to. */
  const noting = (id: string, more: Record<string, unknown>) => ({
    id,
    type: 'shell',
    role: '*',
    parameters: {
      cmd: `echo "${id} start $(date +%s%3N)" >> "$HOME/marks"
            sleep 0.4
            while [ -e "$HOME/hold-${id}" ]; do sleep 0.1; done
            echo "${id} end $(date +%s%3N)" >> "$HOME/marks"`,
      timeout: 300,
    },
    ...more,
  });
  const tasksOf = (version: string) => [
    noting('one', {}),
    {
      id: 'file',
      type: 'upload_file',
      role: '*',
      requires: ['one'],
      parameters: { path: `${root}/by-release`, data: version },
    },
    noting('two', { requires: ['file'] }),
    noting('three', { requires: ['two'] }),
  ];

  async function marks(host: number): Promise<string[]> {
    const text = await readFile(join(hosts[host]!.home, 'marks'), 'utf8').catch(() => '');
    return text.split('\n').filter((line) => line !== '');
  }

  async function beginUpgrade(parallel = '1'): Promise<{ cluster: number; next: number; task: number }> {
    for (const { home } of hosts) await rm(join(home, 'marks'), { force: true });
    await start({ FUEL_PATCH_PARALLEL: parallel });
    const { old, next } = await fleet.releases(tasksOf);
    const cluster = await fleet.cluster(old);
    for (const [index, { ssh }] of hosts.entries()) {
      await fleet.sshNode(cluster, [index === 0 ? 'controller' : 'compute'], ssh);
    }
    await fleet.ask('PUT', `/api/clusters/${cluster}`, { pending_release_id: next }, 200);
    const task = await fleet.ask<FleetTask>('PUT', `/api/clusters/${cluster}/update/`, {}, 202);
    return { cluster, next, task: task.id };
  }

  const saw = (host: number, line: string) =>
    fleet.until(
      () => marks(host),
      (lines) => lines.some((each) => each.startsWith(line)),
    );

  async function expectDoneOnce(cluster: number, next: number, task: number): Promise<void> {
    expect(await fleet.ended(task)).toMatchObject({ status: 'ready', progress: 100 });
    expect(await fleet.clusterNow(cluster)).toMatchObject({
      status: 'operational',
      release_id: next,
      pending_release_id: null,
    });
    for (const node of await fleet.nodes(cluster)) expect(node).toMatchObject({ status: 'ready', progress: 100 });
    for (const host of hosts.keys()) {
      const lines = await marks(host);
      // Each command once, in order, none beside another.
      expect(lines.map((line) => line.split(' ').slice(0, 2).join(' '))).toEqual(
        ['one', 'two', 'three'].flatMap((id) => [`${id} start`, `${id} end`]),
      );
    }
  }

  it('a command that runs goes on and is found again; no node is deployed twice, nor two at once', async () => {
    await writeFile(join(hosts[0]!.home, 'hold-two'), '');
    const { cluster, next, task } = await beginUpgrade();
    await saw(0, 'two start');
    await kill();
    // It goes on without anybody: freed and ended while no server is there.
    await rm(join(hosts[0]!.home, 'hold-two'));
    await saw(0, 'two end');
    await writeFile(join(hosts[1]!.home, 'hold-one'), '');
    await start();
    // And again, while the next node's command runs, which goes on until after the new start.
    await saw(1, 'one start');
    await kill();
    await start();
    await fleet.until(
      () => fleet.task(task),
      ({ status }) => status === 'running',
    );
    await rm(join(hosts[1]!.home, 'hold-one'));
    await expectDoneOnce(cluster, next, task);
    const spans = (await Promise.all([...hosts.keys()].map(async (host) => spanOf(String(host), await marks(host)))))
      .flat()
      .sort((one, other) => one.from - other.from);
    for (const [index, span] of spans.entries()) expect(span.from).toBeGreaterThanOrEqual(spans[index - 1]?.to ?? 0);
    expect(spans.map(({ node }) => node)).toEqual(['0', '1', '2'].flatMap((node) => [node, node, node]));
    await server!.end('SIGTERM');
  }, 180_000);

  it('right at a command’s start and right at its end, with several nodes at once: every command still ran once', async () => {
    const { cluster, next, task } = await beginUpgrade(String(HOSTS));
    // The controller first; the two others at the same time.
    for (const [host, line] of [
      [0, 'one start'],
      [0, 'two end'],
      [1, 'two start'],
    ] as const) {
      await saw(host, line);
      await kill();
      await start({ FUEL_PATCH_PARALLEL: String(HOSTS) });
    }
    await expectDoneOnce(cluster, next, task);
    const [{ most }] = await database.dataSource.query<[{ most: number }]>('select max(attempt) as most from jobs');
    expect(most).toBeGreaterThan(2);
    await server!.end('SIGTERM');
  }, 300_000);
});

function spanOf(node: string, lines: readonly string[]) {
  return spansOf(node, lines.map((line) => line.split(' ').slice(1).join(' ')).join('\n'));
}
