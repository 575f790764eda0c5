import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { closeSync, existsSync, openSync, readFileSync, renameSync, rmSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { DataPlace } from './data-place.js';
import type { ServerFiles } from './server-files.js';

const LOG_LIMIT = 5_000_000;
const FAST_SHUTDOWN_MS = 30_000;
const IMMEDIATE_SHUTDOWN_MS = 10_000;

/** What PostgreSQL's main process writes about itself into `postmaster.pid`. */
export interface LockFile {
  readonly pid: number;
  readonly port: number;
}

/**
 * Durable and for a small machine. Nothing listens but 127.0.0.1; a million rows may be written between two
 * checkpoints; statements are never logged, since they may hold secrets.
 */
const SETTINGS: Readonly<Record<string, string>> = {
  listen_addresses: '127.0.0.1',
  unix_socket_directories: '',
  max_connections: '200',
  shared_buffers: '160MB',
  work_mem: '8MB',
  maintenance_work_mem: '64MB',
  effective_cache_size: '1GB',
  fsync: 'on',
  synchronous_commit: 'on',
  wal_level: 'minimal',
  max_wal_senders: '0',
  wal_buffers: '16MB',
  max_wal_size: '2GB',
  checkpoint_timeout: '15min',
  random_page_cost: '1.1',
  jit: 'off',
  timezone: 'UTC',
  log_timezone: 'UTC',
  log_checkpoints: 'off',
  log_min_error_statement: 'panic',
  log_error_verbosity: 'terse',
};

export function readLockFile(data: string): LockFile | undefined {
  const text = readLockText(data);
  const lines = text?.split('\n') ?? [];
  const [pid, port] = [Number(lines[0]), Number(lines[3])];
  return pid > 0 ? { pid, port } : undefined;
}

function readLockText(data: string): string | undefined {
  try {
    return readFileSync(join(data, 'postmaster.pid'), 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
}

/** Is this process a PostgreSQL on exactly these data? A number in a file may by now be anybody's. */
export function isPostmasterOf(data: string, pid: number): boolean {
  const words = commandOf(pid);
  const at = words.indexOf('-D');
  return at > 0 && words[at + 1] === data && /(^|\/)postgres$/.test(words[0] ?? '');
}

/** Empty for a process that is gone, or dead and not yet collected. */
function commandOf(pid: number): string[] {
  if (existsSync('/proc/self/cmdline')) {
    try {
      return readFileSync(`/proc/${pid}/cmdline`, 'utf8').split('\0');
    } catch {
      return [];
    }
  }
  // Without /proc the words cannot be told apart where a path has a space, so the known one is cut out first.
  const { stdout } = spawnSync('ps', ['-ww', '-o', 'command=', '-p', String(pid)], { encoding: 'utf8' });
  const [program, rest] = (stdout ?? '').trim().split(' -D ', 2);
  return program && rest ? [program, '-D', ...rest.split(/ -[cp] /, 1)] : [];
}

/**
 * A lock file whose process is alive but another program (the number was given out again) would keep PostgreSQL from
 * starting for ever; one whose process is gone it clears away itself. Renamed first: should a server have started at
 * this very moment, it gets its file back.
 */
export function clearStaleLockFile(data: string, lock: LockFile): void {
  const [path, aside] = [join(data, 'postmaster.pid'), join(data, `postmaster.pid.stale.${process.pid}`)];
  try {
    renameSync(path, aside);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return;
    throw error;
  }
  if (Number(readFileSync(aside, 'utf8').split('\n', 1)[0]) === lock.pid) rmSync(aside);
  else renameSync(aside, path);
}

/**
 * Starts the server as a process of its own session, so that a Ctrl-C in the terminal reaches only us, and with a log
 * file instead of a pipe, so that it outlives us without harm.
 */
export function spawnPostmaster(
  files: ServerFiles,
  place: DataPlace,
  port: number,
  extraSettings: Readonly<Record<string, string>>,
): ChildProcess {
  const settings = Object.entries({ ...SETTINGS, ...extraSettings }).flatMap(([name, value]) => [
    '-c',
    `${name}=${value}`,
  ]);
  const log = openSync(place.logFile, logSize(place.logFile) > LOG_LIMIT ? 'w' : 'a', 0o600);
  try {
    const child = spawn(files.postgres, ['-D', place.data, '-p', String(port), ...settings], {
      ...place.account,
      cwd: '/',
      env: { LC_ALL: 'C', TZ: 'UTC' },
      detached: true,
      stdio: ['ignore', log, log],
    });
    child.unref();
    // A failure to start at all shows as an exit too; see `whyItFailed`.
    child.on('error', () => undefined);
    return child;
  } finally {
    closeSync(log);
  }
}

export function logSize(path: string): number {
  return statSync(path, { throwIfNoEntry: false })?.size ?? 0;
}

/** What the server wrote since the log had this size. */
export function logSince(path: string, size: number): string {
  return existsSync(path) ? readFileSync(path).subarray(size).toString('utf8').trim() : '';
}

/** Ends the server: sessions are cut, everything is written down. If that takes too long, it recovers at its next start. */
export async function stopPostmaster(data: string, pid: number): Promise<void> {
  if (await signalAndWait(data, pid, 'SIGINT', FAST_SHUTDOWN_MS)) return;
  await signalAndWait(data, pid, 'SIGQUIT', IMMEDIATE_SHUTDOWN_MS);
}

async function signalAndWait(data: string, pid: number, signal: NodeJS.Signals, limitMs: number): Promise<boolean> {
  if (!isPostmasterOf(data, pid)) return true;
  process.kill(pid, signal);
  for (const until = Date.now() + limitMs; Date.now() < until;) {
    await sleep(10);
    if (!isPostmasterOf(data, pid)) return true;
  }
  return false;
}
