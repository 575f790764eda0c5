import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { setTimeout as sleep } from 'node:timers/promises';
import pg from 'pg';
import type { EmbeddedChildOptions } from './embedded-child.js';

const ROOT = join(import.meta.dirname, '../..');

export interface EmbeddedChild {
  readonly process: ChildProcess;
  readonly url: string;
  readonly started: boolean;
  readonly folder: string;
  /** SIGTERM, and until it is gone. */
  stop(): Promise<void>;
  /** SIGKILL, and until it is gone. */
  kill(): Promise<void>;
}

/** Another process that uses the embedded server of a data directory, once it is ready. */
export async function startEmbeddedChild(options: EmbeddedChildOptions): Promise<EmbeddedChild> {
  const child = spawn(
    process.execPath,
    [
      '--import',
      join(ROOT, 'test/support/typescript.mjs'),
      join(import.meta.dirname, 'embedded-child.ts'),
      JSON.stringify(options),
    ],
    { cwd: ROOT, stdio: ['pipe', 'pipe', 'pipe'], env: { PATH: process.env.PATH } },
  );
  let said = '';
  child.stderr.on('data', (chunk: Buffer) => (said += chunk.toString()));
  const end = async (signal: NodeJS.Signals): Promise<void> => {
    if (child.exitCode !== null || child.signalCode !== null) return;
    const exited = once(child, 'exit');
    child.kill(signal);
    await exited;
  };
  for await (const line of createInterface({ input: child.stdout })) {
    if (!line.startsWith('{')) continue;
    const ready = JSON.parse(line) as Pick<EmbeddedChild, 'url' | 'started' | 'folder'>;
    return { process: child, ...ready, stop: () => end('SIGTERM'), kill: () => end('SIGKILL') };
  }
  throw new Error(`the child ended before it was ready: ${said}`);
}

/** One statement on a connection of its own. */
export async function query<Row extends object>(url: string, sql: string): Promise<Row[]> {
  const client = new pg.Client({ connectionString: url });
  client.on('error', () => undefined);
  await client.connect();
  try {
    return (await client.query<Row>(sql)).rows;
  } finally {
    await client.end();
  }
}

/** Every PostgreSQL main process of this data directory, found without the product's own code. */
export function serversOf(dataDir: string): number[] {
  const pointer = join(dataDir, 'postgres-location');
  const folder = existsSync(pointer) ? readFileSync(pointer, 'utf8').trim() : dataDir;
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .filter((pid) => {
      const words = commandLine(pid);
      return words.includes('-D') && words.some((word) => word.startsWith(folder));
    })
    .map(Number);
}

function commandLine(pid: string): string[] {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, 'utf8').split('\0');
  } catch {
    return [];
  }
}

/** Asks again until the answer comes; for what happens in other processes. */
export async function eventually<T>(ask: () => Promise<T>, limitMs = 15_000): Promise<T> {
  for (const until = Date.now() + limitMs; ;) {
    try {
      return await ask();
    } catch (error) {
      if (Date.now() > until) throw error;
      await sleep(20);
    }
  }
}
