import { execFileSync, spawn } from 'node:child_process';
import { chmodSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DataSource } from 'typeorm';
import { dataSourceOptions } from '../../src/database/data-source.js';
import { EmbeddedServer, type EmbeddedServerOptions } from '../../src/database/embedded/embedded-server.js';
import { type EmbeddedChild, eventually, query, serversOf, startEmbeddedChild } from '../support/embedded.js';

describe('the embedded PostgreSQL', () => {
  let dataDir: string;
  let running: EmbeddedServer[];
  let children: EmbeddedChild[];

  const start = async (options: Partial<EmbeddedServerOptions> = {}): Promise<EmbeddedServer> => {
    const server = await EmbeddedServer.start({ dataDir, ...options });
    running.push(server);
    return server;
  };
  const startChild = async (crash = false): Promise<EmbeddedChild> => {
    const child = await startEmbeddedChild({ dataDir, crash });
    children.push(child);
    return child;
  };
  const keep = (url: string, value: number): Promise<object[]> =>
    query(url, `create table if not exists kept (value int); insert into kept values (${value})`);
  const kept = async (url: string): Promise<number[]> =>
    (await query<{ value: number }>(url, 'select value from kept order by value')).map(({ value }) => value);
  const theOnlyServer = (): number => {
    const [pid, ...more] = serversOf(dataDir);
    expect(more).toEqual([]);
    if (pid === undefined) throw new Error('no server is running');
    return pid;
  };

  // A new cluster takes most of a start's time, so all but the tests of the first start get a copy of one.
  let seed: string;
  beforeAll(async () => {
    seed = mkdtempSync(join(tmpdir(), 'slipway-embedded-seed-'));
    chmodSync(seed, 0o755);
    const server = await EmbeddedServer.start({ dataDir: seed });
    await server.stop();
  });
  afterAll(() => rmSync(seed, { recursive: true, force: true }));
  const copySeed = (): void => void execFileSync('cp', ['-a', `${seed}/.`, dataDir]);

  beforeEach(() => {
    dataDir = mkdtempSync(join(tmpdir(), 'slipway-embedded-'));
    // `mkdtemp` closes it to others; what then happens is tested apart.
    chmodSync(dataDir, 0o755);
    running = [];
    children = [];
  });

  afterEach(async () => {
    await Promise.all([...running, ...children].map((user) => user.stop()));
    expect(serversOf(dataDir)).toEqual([]);
    rmSync(dataDir, { recursive: true, force: true });
  });

  it('starts on a new data directory, listens on the loopback only, and is durable', async () => {
    const server = await start();
    expect(server.started).toBe(true);
    const settings = await query<{ name: string; setting: string }>(
      server.url,
      `select name, setting from pg_settings where name in
       ('listen_addresses', 'unix_socket_directories', 'fsync', 'synchronous_commit', 'full_page_writes', 'data_checksums')`,
    );
    expect(Object.fromEntries(settings.map(({ name, setting }) => [name, setting]))).toEqual({
      listen_addresses: '127.0.0.1',
      unix_socket_directories: '',
      fsync: 'on',
      synchronous_commit: 'on',
      full_page_writes: 'on',
      data_checksums: 'on',
    });
  });

  it('lets nobody in without the password, which only its owner can read', async () => {
    copySeed();
    const { url, folder } = await start();
    await expect(query(url.replace(/:[^:@/]+@/, ':wrong@'), 'select 1')).rejects.toMatchObject({ code: '28P01' });
    const file = join(dataDir, 'postgres-password');
    expect(statSync(file).mode & 0o777).toBe(0o600);
    expect(url).toContain(`:${readFileSync(file, 'utf8').trim()}@`);
    expect(readdirSync(folder).filter((name) => name.startsWith('init-'))).toEqual([]);
  });

  it('keeps its data, password and port for the next start', async () => {
    copySeed();
    const first = await start();
    await keep(first.url, 1);
    await first.stop();
    expect(serversOf(dataDir)).toEqual([]);
    const second = await start();
    expect(second.url).toBe(first.url);
    expect(await kept(second.url)).toEqual([1]);
  });

  it('takes over the server that a killed process left running', async () => {
    copySeed();
    const child = await startChild();
    await keep(child.url, 1);
    await child.kill();
    const leftOver = theOnlyServer();
    const server = await start();
    expect(server.started).toBe(false);
    expect(server.url).toBe(child.url);
    expect(theOnlyServer()).toBe(leftOver);
    expect(await kept(server.url)).toEqual([1]);
  });

  it('starts after process and server were both killed, also when the number in the lock file is somebody else by now', async () => {
    copySeed();
    const child = await startChild();
    await keep(child.url, 1);
    await child.kill();
    const lockFile = join(child.folder, 'data', 'postmaster.pid');
    process.kill(theOnlyServer(), 'SIGKILL');
    const stale = readFileSync(lockFile, 'utf8');
    // PostgreSQL heeds only a process of its own user.
    const { uid, gid } = statSync(join(child.folder, 'data'));
    const somebody = spawn('sleep', ['60'], { uid, gid, stdio: 'ignore' });
    writeFileSync(lockFile, stale.replace(/^\d+/, String(somebody.pid)));
    const server = await start();
    expect(server.started).toBe(true);
    expect(await kept(server.url)).toEqual([1]);
    expect(somebody.exitCode ?? somebody.signalCode).toBeNull();
    somebody.kill();
  });

  it('is one server for processes that start at once, until the last has left', async () => {
    await Promise.all([1, 2, 3].map(() => startChild()));
    const pid = theOnlyServer();
    expect(children.filter(({ started }) => started)).toHaveLength(1);
    expect(new Set(children.map(({ url }) => url)).size).toBe(1);
    const starterFirst = children.toSorted((a, b) => Number(b.started) - Number(a.started));
    for (const [index, child] of starterFirst.entries()) {
      expect(theOnlyServer()).toBe(pid);
      await keep(child.url, index);
      await child.stop();
    }
    expect(serversOf(dataDir)).toEqual([]);
    expect(await kept((await start()).url)).toEqual([0, 1, 2]);
  });

  it('starts again on the same port when it dies, for every process that uses it', async () => {
    copySeed();
    const server = await start();
    const child = await startChild();
    const dataSource = await new DataSource(dataSourceOptions(server.url)).initialize();
    await keep(server.url, 1);
    // A connection that is lent out and idle: its loss must not end this process.
    const lent = dataSource.createQueryRunner();
    await lent.connect();
    const killed = theOnlyServer();
    process.kill(killed, 'SIGKILL');

    const rows = await eventually(() => dataSource.query<{ value: number }[]>('select value from kept'));
    expect(rows).toEqual([{ value: 1 }]);
    expect(theOnlyServer()).not.toBe(killed);
    await lent.release();
    await dataSource.destroy();

    // Should the child have started it and leave before this process is back in, this process starts it once more.
    await child.stop();
    expect(await eventually(() => kept(server.url))).toEqual([1]);
  });

  it('starts again when somebody stops it under us', async () => {
    copySeed();
    const server = await start();
    process.kill(theOnlyServer(), 'SIGINT');
    await eventually(() => keep(server.url, 1));
    expect(await eventually(() => kept(server.url))).toEqual([1]);
  });

  it('is stopped while it is being started again', async () => {
    copySeed();
    const server = await start();
    process.kill(theOnlyServer(), 'SIGKILL');
    await server.stop();
  });

  it('is stopped with a process that ends by an error nobody catches', async () => {
    copySeed();
    const child = await startChild(true);
    await eventually(() => Promise.resolve(expect(serversOf(dataDir)).toEqual([])));
    expect(child.process.exitCode === null || child.process.exitCode > 0).toBe(true);
  });

  it('leaves data of another PostgreSQL version alone, and says so', async () => {
    copySeed();
    const first = await start();
    await keep(first.url, 1);
    await first.stop();
    const versionFile = join(first.folder, 'data', 'PG_VERSION');
    const version = readFileSync(versionFile, 'utf8');
    writeFileSync(versionFile, '15\n');
    await expect(start()).rejects.toThrow(/made by PostgreSQL 15, and this Slipway brings PostgreSQL 18/);
    writeFileSync(versionFile, version);
    expect(await kept((await start()).url)).toEqual([1]);
  });

  it('says why it does not start', async () => {
    copySeed();
    await expect(start({ settings: { shared_buffers: 'plenty' } })).rejects.toThrow(
      /does not start[^]*invalid value for parameter "shared_buffers"/,
    );
  });
});
