import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readFile, realpath, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { setTimeout as sleep } from 'node:timers/promises';
import type { ImageBuild } from '../../src/drivers/image-builder/build-command.js';
import type { PoolIo, PoolProviderSettings, ServerWish } from '../../src/drivers/pool/pool-provider.js';

const ROOT = join(import.meta.dirname, '../..');

/** The executable that obeys the contract of `disk-image-create`. */
export const STANDIN = join(ROOT, 'test/support/disk-image-create');

export interface TestIo extends PoolIo {
  readonly lines: string[];
  readonly turns: number[];
}

export function testIo(signal: AbortSignal = new AbortController().signal): TestIo {
  const lines: string[] = [];
  const turns: number[] = [];
  return {
    signal,
    lines,
    turns,
    log: (text) => void lines.push(text),
    progress: () => undefined,
    turn: () => {
      turns.push(Date.now());
      return Promise.resolve();
    },
  };
}

export async function makeFolder(): Promise<{ path: string; remove: () => Promise<void> }> {
  const path = await mkdtemp(join(await realpath(tmpdir()), 'slipway-pool-'));
  return { path, remove: () => rm(path, { recursive: true, force: true }) };
}

export function providerSettings(overrides: Partial<PoolProviderSettings> = {}): PoolProviderSettings {
  return {
    name: 'here',
    driver: 'local',
    authUrl: null,
    username: null,
    password: null,
    projectId: null,
    projectName: null,
    userDomain: 'Default',
    projectDomain: 'Default',
    regionName: null,
    apiTimeoutS: 60,
    nodes: [],
    directory: '/nowhere',
    fake: {},
    ...overrides,
  };
}

export function serverWish(overrides: Partial<ServerWish> = {}): ServerWish {
  return {
    name: 'node-1',
    tags: { nodepool_provider: 'here', nodepool_kind: 'node', nodepool_id: '1' },
    image: null,
    minRam: 0,
    nameFilter: null,
    az: null,
    keypair: null,
    networks: [],
    pool: null,
    configDrive: false,
    host: null,
    ...overrides,
  };
}

export function imageBuild(folder: string, overrides: Partial<ImageBuild> = {}): ImageBuild {
  return {
    id: 7,
    imageName: 'ubuntu',
    filename: join(folder, 'images', 'ubuntu-1700000000'),
    formats: ['raw'],
    elements: ['ubuntu-minimal', 'vm'],
    release: null,
    envVars: {},
    elementsDir: null,
    scriptDir: null,
    timeoutS: 3600,
    ...overrides,
  };
}

/** Asks until the answer is there; the deadline is for a machine that is very busy. */
export async function until<T>(ask: () => Promise<T | null | false> | T | null | false, what: string): Promise<T> {
  for (const deadline = Date.now() + 45_000; Date.now() < deadline;) {
    const answer = await ask();
    if (answer !== null && answer !== false) return answer;
    await sleep(20);
  }
  throw new Error(`Still not so: ${what}`);
}

/** The last line of the stand-in's journal that begins with the word, as its words; null while there is none. */
export async function journalLine(path: string, word: string): Promise<string[] | null> {
  const text = await readFile(path, 'utf8').catch(() => '');
  const line = text.split('\n').findLast((candidate) => candidate.startsWith(`${word} `));
  return line?.split(' ') ?? null;
}

/** Is there such a process, dead ones that nobody collected aside? */
export async function isRunning(pid: number): Promise<boolean> {
  const text = await readFile(`/proc/${pid}/stat`, 'utf8').catch(() => '');
  return text !== '' && !/^\d+ \(.*\) [ZX] /.test(text);
}

/** Does in a process of its own what `pool-holder.ts` knows, says the result, and is then killed with -9. */
export async function inKilledProcess(act: 'build' | 'server', wish: object): Promise<string> {
  const holder = startHolder(act, wish);
  const [line] = (await once(createInterface({ input: holder.stdout! }), 'line')) as [string];
  holder.kill('SIGKILL');
  await once(holder, 'exit');
  return line;
}

export function startHolder(act: 'build' | 'server', wish: object): ChildProcess {
  const args = ['--import', join(ROOT, 'test/support/typescript.mjs'), join(ROOT, 'test/drivers/pool-holder.ts')];
  return spawn(process.execPath, [...args, act, JSON.stringify(wish)], {
    env: { PATH: process.env.PATH },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
}
