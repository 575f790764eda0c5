import { spawn } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { open, readFile, type FileHandle } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import { firstLine, readRecord, type ProcessRecord } from './process-record.js';
import { bootId, hasEnvironment, isDead, listProcesses, statOf, type ProcessStat } from './process-table.js';

const MARKER = 'SLIPWAY_SUPERVISED';
/** How long a started process may take to say who it is; the machine may be very busy. */
const INTRODUCTION_MS = 10_000;

/**
 * What runs first in the new process: it writes its line of the process table and the boot into descriptor 3, which no
 * program it starts gets to see. Nothing of the command is interpreted by this shell.
 */
const INTRODUCE =
  'read -r stat </proc/$$/stat; read -r boot </proc/sys/kernel/random/boot_id; ' +
  `printf '%s\\n%s\\n' "$stat" "$boot" >&3; exec 3>&-; `;
/** Stays until the program has ended, also through a signal to the whole group, and writes how it ended into descriptor 4. */
const AND_REPORT = `trap : TERM INT HUP; "$@" 4>&-; code=$?; printf '%s\\n' "$code" >&4; exit "$code"`;
const AND_BECOME = 'exec "$@"';

export interface SupervisedWish {
  /** Absolute path of the record; whoever creates it starts the process, everybody else leaves it alone. */
  readonly record: string;
  readonly argv: readonly string[];
  readonly cwd: string;
  /** The whole environment: nothing is inherited. */
  readonly env: Readonly<Record<string, string>>;
  /** File that its output is appended to. */
  readonly output: string;
  /** File for its exit code; null: nobody wants to know. */
  readonly exitCode: string | null;
  /** Whom it runs as, when we may choose. */
  readonly account: { readonly uid: number; readonly gid: number } | null;
}

export type SupervisedState =
  | { readonly state: 'absent' }
  | { readonly state: 'running'; readonly pid: number; readonly startedAt: Date }
  | { readonly state: 'ended'; readonly exitCode: number | null; readonly startedAt: Date };

/** Makes the record, and with it the right to start the process. False: somebody was first. */
export async function claimStart(record: string): Promise<boolean> {
  const file = await createRecord(record);
  await file?.close();
  return file !== null;
}

/**
 * Starts a process in a session and process group of its own that outlives this one (spec nodepool section 3). False when
 * the record was there already: then it was started before, and nothing is.
 */
export async function startSupervised(wish: SupervisedWish): Promise<boolean> {
  // Nothing may be started that could not be found again.
  await bootId();
  const record = await createRecord(wish.record);
  if (!record) return false;
  const handles = [record];
  try {
    const marker = randomUUID();
    await record.write(firstLine(marker, new Date()));
    const output = await open(wish.output, 'a', 0o600);
    handles.push(output);
    const exit = wish.exitCode === null ? null : await open(wish.exitCode, 'w', 0o600);
    if (exit) handles.push(exit);
    await spawnLeader(wish, marker, record, output, exit);
  } finally {
    await Promise.all(handles.map((handle) => handle.close()));
  }
  await introduced(wish.record);
  return true;
}

/** The truth as the kernel has it, whoever started it and whenever. */
export async function lookAtSupervised(record: string, exitCode: string | null): Promise<SupervisedState> {
  const known = await readRecord(record);
  if (!known) return { state: 'absent' };
  const { startedAt } = known;
  const leader = await livingLeader(known);
  if (leader) return { state: 'running', pid: leader.pid, startedAt };
  const code = exitCode === null ? null : await readExitCode(exitCode);
  return { state: 'ended', exitCode: code, startedAt };
}

/** Ends the process and all it started: TERM, after the grace KILL. Resolves when the kernel knows none of them any more. */
export async function stopSupervised(record: string, graceMs: number): Promise<void> {
  const known = await readRecord(record);
  if (!known) return;
  const seen = new Map<string, ProcessStat>();
  const killAt = Date.now() + graceMs;
  const asked = new Set<string>();
  for (let wait = 10; ; wait = Math.min(wait * 1.5, 250)) {
    const members = await membersOf(known, seen);
    if (members.length === 0) return;
    const isLate = Date.now() >= killAt;
    for (const member of members) {
      const key = `${keyOf(member)} ${isLate}`;
      if (isLate || !asked.has(key)) send(member.pid, isLate ? 'SIGKILL' : 'SIGTERM');
      asked.add(key);
    }
    await sleep(wait);
  }
}

async function createRecord(path: string): Promise<FileHandle | null> {
  try {
    return await open(path, 'ax', 0o600);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return null;
    throw error;
  }
}

async function spawnLeader(
  wish: SupervisedWish,
  marker: string,
  record: FileHandle,
  output: FileHandle,
  exit: FileHandle | null,
): Promise<void> {
  const script = INTRODUCE + (exit ? AND_REPORT : AND_BECOME);
  const child = spawn('/bin/sh', ['-c', script, 'sh', ...wish.argv], {
    cwd: wish.cwd,
    env: { ...wish.env, [MARKER]: marker },
    // A session of its own: a Ctrl-C in our terminal is not meant for it, and it is told by its session.
    detached: true,
    stdio: ['ignore', output.fd, output.fd, record.fd, ...(exit ? [exit.fd] : [])],
    ...(wish.account ?? {}),
  });
  await once(child, 'spawn');
  child.unref();
}

/** Until it is known who it is, or that it has ended. */
async function introduced(path: string): Promise<void> {
  for (const until = Date.now() + INTRODUCTION_MS; Date.now() < until;) {
    const known = await readRecord(path);
    if (!known || known.leader) return;
    await sleep(5);
  }
}

async function livingLeader(known: ProcessRecord): Promise<ProcessStat | null> {
  if (!known.leader) return known.marker === '' ? null : ((await markedProcesses(known))[0] ?? null);
  const stat = await sameProcess(known);
  return stat && !isDead(stat) ? stat : null;
}

/** The process with the leader's pid, if it is the leader: a pid is given out again. */
async function sameProcess(known: ProcessRecord): Promise<ProcessStat | null> {
  if (!known.leader || known.bootId !== (await bootId())) return null;
  const stat = await statOf(known.leader.pid);
  return stat?.startTicks === known.leader.startTicks ? stat : null;
}

/**
 * The leader's session and group, as long as its number is certainly the leader's; whoever has the marker in its
 * environment, wherever it went; and who was found to be one of these before (`seen` remembers).
 */
async function membersOf(known: ProcessRecord, seen: Map<string, ProcessStat>): Promise<ProcessStat[]> {
  if (known.marker === '') return [];
  if (known.leader && known.bootId !== (await bootId())) return [];
  const leader = await sameProcess(known);
  // What it started is younger. The others' environments are not read: there may be hundreds, and each takes a lock of theirs.
  const living = (await listProcesses()).filter((stat) => !isDead(stat) && !isOlder(stat, known.leader));
  const ours = await Promise.all(
    living.map(async (stat) => {
      const isKin = leader !== null && (stat.session === leader.pid || stat.group === leader.pid);
      return isKin || seen.has(keyOf(stat)) || (await hasEnvironment(stat.pid, MARKER, known.marker));
    }),
  );
  const members = living.filter((_, index) => ours[index]);
  for (const member of members) seen.set(keyOf(member), member);
  return members;
}

async function markedProcesses(known: ProcessRecord): Promise<ProcessStat[]> {
  return membersOf({ ...known, leader: null }, new Map());
}

function isOlder(stat: ProcessStat, leader: ProcessRecord['leader']): boolean {
  return leader !== null && BigInt(stat.startTicks) < BigInt(leader.startTicks);
}

function keyOf(stat: ProcessStat): string {
  return `${stat.pid} ${stat.startTicks}`;
}

function send(pid: number, signal: NodeJS.Signals): void {
  try {
    process.kill(pid, signal);
  } catch (error) {
    // It went by itself meanwhile.
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error;
  }
}

async function readExitCode(path: string): Promise<number | null> {
  const text = await readFile(path, 'utf8').catch(() => '');
  return /^\d+\n/.test(text) ? Number.parseInt(text, 10) : null;
}
