import { chmodSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { DataSource } from 'typeorm';
import { dataSourceOptions } from '../../src/database/data-source.js';
import { EmbeddedServer } from '../../src/database/embedded/embedded-server.js';
import { readLockFile } from '../../src/database/embedded/postmaster.js';
import { migrate } from '../../src/database/migrate.js';
import type { TestDatabase } from '../support/database.js';
import { batch, Bench, job, OK, step, World } from './probe.js';

/** A PostgreSQL of its own, which the embedded server's keeper starts again on the same port when it dies. */
describe('PostgreSQL restarts in the middle of a batch', () => {
  let dataDir: string;
  let server: EmbeddedServer;
  let dataSource: DataSource;
  let bench: Bench;
  const world = new World();

  beforeAll(async () => {
    dataDir = mkdtempSync(join(tmpdir(), 'slipway-restart-'));
    chmodSync(dataDir, 0o755);
    server = await EmbeddedServer.start({ dataDir });
    await migrate(server.url);
    dataSource = new DataSource(dataSourceOptions(server.url));
    await dataSource.initialize();
    const database: TestDatabase = { url: server.url, dataSource, drop: () => Promise.resolve() };
    bench = await Bench.start(world, { database, config: { workerConcurrency: 10 } });
  });
  afterAll(async () => {
    await bench.close();
    await dataSource.destroy();
    await server.stop();
    for (const path of [server.folder, dataDir]) rmSync(path, { recursive: true, force: true });
  });
  beforeEach(() => {
    world.calls.length = 0;
    world.finished.length = 0;
  });

  /** Signals the main process and waits until another one answers. */
  async function restart(signal: 'SIGINT' | 'SIGKILL'): Promise<void> {
    const { pid } = readLockFile(join(server.folder, 'data'))!;
    process.kill(pid, signal);
    await bench.until(async () => {
      const now = readLockFile(join(server.folder, 'data'));
      if (!now || now.pid === pid) return undefined;
      return dataSource.query('select 1').catch(() => undefined);
    }, 40_000);
  }

  it.each(['SIGINT', 'SIGKILL'] as const)(
    'every job ends, none from the start again (%s)',
    async (signal) => {
      world.on('one', () => sleep(60).then(() => OK));
      world.on('two', () => sleep(60).then(() => OK));
      // Two of each step may have been under way when a connection broke; what was stored as done is never done again.
      const done = new Set<string>();
      const repeated: string[] = [];
      world.on('three', async ({ job: { label }, steps }) => {
        if (steps.slice(0, 2).some(({ status }) => status !== 'success')) repeated.push(label);
        await sleep(20);
        done.add(label);
        return OK;
      });
      const labels = Array.from({ length: 60 }, (_, n) => `${signal}${n}`);
      const { id } = await bench.submit(
        batch(labels.map((label) => job(label, [step('one'), step('two'), step('three')]))),
      );
      await bench.until(() => (world.finished.length >= 15 ? true : undefined));
      await restart(signal);
      const status = await bench.until(async () => {
        const now = await bench.batchStatus(id).catch(() => 'unknown');
        return ['succeeded', 'failed', 'cancelled'].includes(now) ? now : undefined;
      }, 60_000);
      expect(status).toBe('succeeded');
      const jobs = await bench.jobs(id);
      expect(new Set(jobs.map((row) => row.status))).toEqual(new Set(['succeeded']));
      expect(done.size).toBe(60);
      expect(repeated).toEqual([]);
      // A handler that had ended is not called again: its end is kept in memory until the database is back.
      for (const kind of ['one', 'two', 'three']) {
        const calls = world.calls.filter((call) => call.startsWith(`${kind}:`));
        expect(calls.length).toBe(60);
      }
      expect(await dataSource.query('select 1 from limit_slots where job_id is not null')).toEqual([]);
    },
    120_000,
  );

  it('a sequential batch keeps its order and never has two in progress', async () => {
    world.most = 0;
    world.on('one', () => sleep(80).then(() => OK));
    const labels = Array.from({ length: 12 }, (_, n) => `q${String(n).padStart(2, '0')}`);
    const { id } = await bench.submit(
      batch(
        labels.map((label) => job(label, [step('one')])),
        { mode: 'sequential' },
      ),
    );
    await bench.until(() => (world.calls.length >= 4 ? true : undefined));
    await restart('SIGKILL');
    await bench.until(async () => {
      const now = await bench.batchStatus(id).catch(() => 'unknown');
      return now === 'succeeded' ? true : undefined;
    }, 60_000);
    expect(world.most).toBe(1);
    expect(world.calls).toEqual(labels.map((label) => `one:${label}`));
  }, 120_000);
});
