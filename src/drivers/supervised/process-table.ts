import { readdir, readFile } from 'node:fs/promises';
import { ActionError } from '../../common/errors.js';

/** One line of the kernel's process table. */
export interface ProcessStat {
  readonly pid: number;
  /** One letter; `Z` and `X` are dead and not yet collected. */
  readonly state: string;
  readonly group: number;
  readonly session: number;
  /** Clock ticks since boot, as text: together with the pid and the boot this is one process and no other. */
  readonly startTicks: string;
}

/** Reads `/proc/<pid>/stat`. The command's name comes in brackets and may itself hold spaces and brackets. */
export function parseStat(line: string): ProcessStat | null {
  const open = line.indexOf('(');
  const close = line.lastIndexOf(')');
  const pid = Number(line.slice(0, open).trim());
  // Counting as proc(5) does, where the state is field 3.
  const fields = line
    .slice(close + 1)
    .trim()
    .split(/\s+/);
  const [state, group, session, startTicks] = [fields[0], Number(fields[2]), Number(fields[3]), fields[19]];
  if (open < 0 || close < open || !Number.isInteger(pid) || pid <= 0 || !state || !startTicks) return null;
  return { pid, state, group, session, startTicks };
}

export function isDead(stat: ProcessStat): boolean {
  return stat.state === 'Z' || stat.state === 'X';
}

/** Null for a process that is not there. */
export async function statOf(pid: number): Promise<ProcessStat | null> {
  const line = await readIfThere(`/proc/${pid}/stat`);
  return line === null ? null : parseStat(line);
}

export async function listProcesses(): Promise<ProcessStat[]> {
  const pids = (await readdir('/proc')).filter((name) => /^\d+$/.test(name));
  const stats = await Promise.all(pids.map((pid) => statOf(Number(pid))));
  return stats.filter((stat) => stat !== null);
}

/** Was the process started with `name=value` in its environment? Inherited by all it starts. */
export async function hasEnvironment(pid: number, name: string, value: string): Promise<boolean> {
  const text = await readIfThere(`/proc/${pid}/environ`);
  return text !== null && text.split('\0').includes(`${name}=${value}`);
}

/** Another one after each start of the machine: pids and ticks of an earlier one mean nothing. */
export async function bootId(): Promise<string> {
  const text = await readIfThere('/proc/sys/kernel/random/boot_id');
  if (text === null) {
    const message = 'Builds and local servers need Linux: there is no /proc to tell their processes by';
    throw new ActionError(message, { code: 'unsupported', retryable: false });
  }
  return text.trim();
}

/** One process and no other, for a note that outlives it. */
export interface ProcessIdentity {
  readonly pid: number;
  readonly startTicks: string;
  readonly bootId: string;
}

export async function ownIdentity(): Promise<ProcessIdentity> {
  const stat = await statOf(process.pid);
  return { pid: process.pid, startTicks: stat?.startTicks ?? '', bootId: await bootId() };
}

export async function isAlive(identity: ProcessIdentity): Promise<boolean> {
  if (identity.bootId !== (await bootId())) return false;
  const stat = await statOf(identity.pid);
  return stat !== null && stat.startTicks === identity.startTicks && !isDead(stat);
}

async function readIfThere(path: string): Promise<string | null> {
  try {
    return await readFile(path, 'utf8');
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    // ESRCH: it ended between the opening and the reading. The other two: another user's, so not one of ours.
    if (code === 'ENOENT' || code === 'ESRCH' || code === 'EACCES' || code === 'EPERM') return null;
    throw error;
  }
}
