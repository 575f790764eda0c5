import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { compiled } from './compiled.js';

const ROOT = join(import.meta.dirname, '../..');

export interface CommandOptions {
  /** All of its environment but PATH. */
  readonly env?: Readonly<Record<string, string>>;
  /** What stands in its standard input; without it that is empty. */
  readonly input?: string;
  readonly cwd?: string;
}

export interface CommandEnd {
  readonly code: number | NodeJS.Signals | null;
  readonly out: string;
  readonly err: string;
}

/** The command line `slipway` as a process of its own. */
export class CommandProcess {
  private out = '';
  private err = '';
  readonly ended: Promise<CommandEnd>;

  private constructor(readonly process: ChildProcess) {
    process.stdout!.on('data', (chunk: Buffer) => (this.out += chunk.toString()));
    process.stderr!.on('data', (chunk: Buffer) => (this.err += chunk.toString()));
    this.ended = once(process, 'close').then(([code, signal]) => ({
      code: (code ?? signal) as CommandEnd['code'],
      out: this.out,
      err: this.err,
    }));
  }

  static start(args: readonly string[], { env, input, cwd }: CommandOptions = {}): CommandProcess {
    const child = spawn(process.execPath, [compiled('cli/main.js'), ...args], {
      cwd: cwd ?? join(ROOT, 'test'),
      env: { PATH: process.env.PATH, ...env },
      stdio: 'pipe',
    });
    child.stdin.end(input ?? '');
    return new CommandProcess(child);
  }

  /** Once it has said this on one of its streams. */
  async says(text: string, withinMs = 60_000): Promise<void> {
    for (const end = Date.now() + withinMs; ; await new Promise((resolve) => setTimeout(resolve, 50))) {
      if (`${this.out}${this.err}`.includes(text)) return;
      if (this.process.exitCode !== null || Date.now() > end) {
        throw new Error(`it never said "${text}" but:\n${this.out}${this.err}`);
      }
    }
  }
}

export function runCommand(args: readonly string[], options?: CommandOptions): Promise<CommandEnd> {
  return CommandProcess.start(args, options).ended;
}
