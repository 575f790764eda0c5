import { chown, mkdir, open, readdir, stat, truncate } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { ActionError } from '../../common/errors.js';
import { removeAll } from '../durable-files/durable-files.js';
import { claimStart, lookAtSupervised, startSupervised, stopSupervised } from '../supervised/supervised-process.js';
import { type Account, findAccount, whatBars } from './account.js';

/** One command of an environment; whoever knows its token finds it again, whatever became of this process meanwhile. */
export interface ShellCommand {
  /** Letters, digits and `-`; never used for another command. */
  readonly token: string;
  /** Whose work folder it runs in: `<id>-<creation>`. */
  readonly environment: string;
  /** For `sh -c`. */
  readonly command: string;
  readonly variables: Readonly<Record<string, string>>;
}

export type CommandKey = Pick<ShellCommand, 'token' | 'environment'>;

export interface ShellLook {
  /** `lost`: it ended without a word, killed or with the machine. */
  readonly state: 'absent' | 'running' | 'ended' | 'lost';
  readonly exitCode: number | null;
  readonly startedAt: Date | null;
  /** Whole lines since the asked-for byte; of a command that has ended also the last one without an end. */
  readonly lines: readonly string[];
  readonly nextByte: number;
  /** More was printed than is kept. */
  readonly isCut: boolean;
}

export interface ShellSettings {
  /** Absolute: a folder for each environment. */
  readonly folder: string;
  /** Whom commands run as when we are root. */
  readonly user: string;
  /** Between TERM and KILL. */
  readonly graceMs?: number;
  /** Bytes of output that are kept of one command. */
  readonly mostOutput?: number;
}

const PATH = '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin';
const MOST_OUTPUT = 1024 * 1024;
const LOOK_BYTES = 64 * 1024;
/** They change how the shell or the loader itself works, or say what only we may say. */
const KEPT_BACK = /^(?:LD_|BASH|SLIPWAY_|PATH$|ENV$|IFS$|PS4$|SHELLOPTS$|HOME$|PWD$)/;

/**
 * Commands on this machine (spec environments section 5.3, `shell`): a session of its own each, which outlives this
 * process; only the environment's variables; and not as root.
 */
export class ShellCommands {
  constructor(private readonly settings: ShellSettings) {}

  /** Starts the command unless it was started, or stopped, before. */
  async start(command: ShellCommand): Promise<void> {
    if ((await lookAtSupervised(this.fileOf(command, 'process'), null)).state !== 'absent') return;
    const account = await this.account();
    const work = await this.prepare(command, account);
    await startSupervised({
      record: this.fileOf(command, 'process'),
      argv: ['/bin/sh', '-c', command.command],
      cwd: work,
      env: environmentOf(command.variables, work),
      output: this.fileOf(command, 'output'),
      exitCode: this.fileOf(command, 'exit-code'),
      account,
    });
  }

  /** What became of it, and what it has printed since `fromByte`. */
  async look(key: CommandKey, fromByte: number): Promise<ShellLook> {
    // Its state first: of a command that has ended, all output is there.
    const found = await lookAtSupervised(this.fileOf(key, 'process'), this.fileOf(key, 'exit-code'));
    if (found.state === 'absent') return { ...found, ...NOTHING, startedAt: null, nextByte: fromByte };
    const { startedAt } = found;
    const isOver = found.state === 'ended';
    const output = await this.read(key, fromByte, isOver);
    // There is more to read before its end is told.
    if (!isOver || output.hasMore) return { state: 'running', exitCode: null, startedAt, ...output };
    return { state: found.exitCode === null ? 'lost' : 'ended', exitCode: found.exitCode, startedAt, ...output };
  }

  /** Ends it with all it has started, and resolves when nothing of it runs; one not yet started never will. */
  async stop(key: CommandKey): Promise<void> {
    await mkdir(this.commandFolder(key), { recursive: true, mode: 0o700 });
    if (await claimStart(this.fileOf(key, 'process'))) return;
    await stopSupervised(this.fileOf(key, 'process'), this.settings.graceMs ?? 5_000);
  }

  /** Removes what is kept of a command that has ended. */
  async forget(key: CommandKey): Promise<void> {
    await removeAll(this.commandFolder(key));
  }

  /** The commands of an environment that are known here, whatever became of them. */
  async list(environment: string): Promise<CommandKey[]> {
    const tokens = await readdir(this.commandsFolder(environment)).catch(() => []);
    return tokens.map((token) => ({ token, environment }));
  }

  /** Those that ever ran something here. */
  async environments(): Promise<string[]> {
    const names = await readdir(this.settings.folder).catch(() => []);
    return names.filter((name) => NAME.test(name));
  }

  workFolder(environment: string): string {
    return join(this.environmentFolder(environment), 'work');
  }

  /** Everything of an environment, once nothing of it runs. */
  async removeEnvironment(environment: string): Promise<void> {
    for (const key of await this.list(environment)) await this.stop(key);
    await removeAll(this.environmentFolder(environment));
  }

  private async prepare(command: ShellCommand, account: Account | null): Promise<string> {
    assertRunnable(command);
    const work = this.workFolder(command.environment);
    await mkdir(this.environmentFolder(command.environment), { recursive: true, mode: 0o755 });
    await mkdir(this.commandFolder(command), { recursive: true, mode: 0o700 });
    await mkdir(work, { recursive: true, mode: 0o700 });
    if (!account) return work;
    await chown(work, account.uid, account.gid);
    const bar = await whatBars(work, account);
    if (bar === null) return work;
    throw refusal(
      `The user ${this.settings.user}, as whom commands run, may not pass through ${bar}: ` +
        'let others enter it (chmod o+x), or put SLIPWAY_DATA_DIR elsewhere',
    );
  }

  /** Null: we are nobody special and can be nobody else. */
  private async account(): Promise<Account | null> {
    if (process.getuid?.() !== 0) return null;
    const account = await findAccount(this.settings.user);
    if (account) return account;
    throw refusal(`There is no user ${this.settings.user} to run commands as: see ENVIRONMENTS_SHELL_USER`);
  }

  private async read(key: CommandKey, fromByte: number, isOver: boolean) {
    const most = this.settings.mostOutput ?? MOST_OUTPUT;
    const path = this.fileOf(key, 'output');
    const { size } = await stat(path).catch(() => ({ size: 0 }));
    if (fromByte >= most) {
      // The disk is not to fill with what nobody will see.
      if (size > most * 2) await truncate(path, 0);
      return { lines: [], nextByte: fromByte, isCut: true, hasMore: false };
    }
    const bytes = await readBytes(path, fromByte, Math.min(LOOK_BYTES, most - fromByte));
    const end = fromByte + bytes.length;
    const isLast = isOver && end >= size;
    const isFull = end >= most && size > most;
    const taken = isLast || isFull || bytes.length === LOOK_BYTES ? cut(bytes, isLast || isFull) : wholeLines(bytes);
    return {
      lines: linesOf(taken),
      nextByte: isFull ? most : fromByte + taken.length,
      isCut: isFull,
      hasMore: !isLast && !isFull && end < size,
    };
  }

  private environmentFolder(environment: string): string {
    assertName(environment);
    return resolve(this.settings.folder, environment);
  }

  private commandsFolder(environment: string): string {
    return join(this.environmentFolder(environment), 'commands');
  }

  private commandFolder({ token, environment }: CommandKey): string {
    assertName(token);
    return join(this.commandsFolder(environment), token);
  }

  private fileOf(key: CommandKey, name: 'process' | 'output' | 'exit-code'): string {
    return join(this.commandFolder(key), name);
  }
}

const NOTHING = { exitCode: null, lines: [], isCut: false } as const;

/** The whole environment of a command: the variables that a shell can hold, and what one cannot do without. */
export function environmentOf(variables: Readonly<Record<string, string>>, work: string): Record<string, string> {
  const own = Object.entries(variables).filter(
    ([name]) => /^[A-Za-z_][A-Za-z0-9_]*$/.test(name) && !KEPT_BACK.test(name),
  );
  return { ...Object.fromEntries(own), PATH, HOME: work, LANG: 'C.UTF-8', GENESIS_WORKDIR: work };
}

/** Of folders. */
const NAME = /^[A-Za-z0-9][A-Za-z0-9-]{0,99}$/;

function assertName(name: string): void {
  if (!NAME.test(name)) throw new Error('Not a name of a command or an environment');
}

function assertRunnable({ command, variables }: ShellCommand): void {
  const hasNul = [command, ...Object.values(variables)].some((text) => text.includes('\0'));
  if (hasNul) throw refusal('A command or a variable holds a NUL character, which no process can be given');
}

function refusal(message: string): ActionError {
  return new ActionError(message, { code: 'shell_refused', retryable: false });
}

async function readBytes(path: string, from: number, most: number): Promise<Buffer> {
  const file = await open(path, 'r').catch(() => null);
  if (!file) return Buffer.alloc(0);
  try {
    const { buffer, bytesRead } = await file.read({ buffer: Buffer.alloc(most), position: from });
    return buffer.subarray(0, bytesRead);
  } finally {
    await file.close();
  }
}

function wholeLines(bytes: Buffer): Buffer {
  return bytes.subarray(0, bytes.lastIndexOf(0x0a) + 1);
}

/** A line longer than one look is taken in pieces. */
function cut(bytes: Buffer, isEnd: boolean): Buffer {
  const whole = wholeLines(bytes);
  return isEnd || whole.length === 0 ? bytes : whole;
}

function linesOf(bytes: Buffer): string[] {
  const lines = bytes.toString('utf8').replaceAll('\0', '\uFFFD').split('\n');
  if (lines.at(-1) === '') lines.pop();
  return lines.map((line) => line.replace(/\r$/, ''));
}
