import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { compiled } from './compiled.js';

const ROOT = join(import.meta.dirname, '../..');

export interface ServerProcess {
  readonly process: ChildProcess;
  readonly url: string;
  /** All it has written so far, both streams. */
  output(): string;
  /** Sends the signal and waits for the end: the exit code, or the signal that ended it. */
  end(signal: NodeJS.Signals): Promise<number | NodeJS.Signals | null>;
}

/** `src/main.ts` as a process of its own, once it says it is ready. It gets these settings and no others. */
export async function startServerProcess(settings: Readonly<Record<string, string>>): Promise<ServerProcess> {
  const { child, output } = spawnServer(settings);
  const url = await new Promise<string>((resolve, reject) => {
    createInterface({ input: child.stdout }).on('line', (line) => {
      const ready = /^slipway is ready at (\S+)$/.exec(line)?.[1];
      if (ready !== undefined) resolve(ready);
    });
    child.once('exit', () => reject(new Error(`the server ended before it was ready: ${output()}`)));
  });
  return { process: child, url, output, end: (signal) => endOf(child, signal) };
}

/** The same when it is not meant to become ready: what it wrote and how it ended. */
export async function runServerProcess(settings: Readonly<Record<string, string>>) {
  const { child, output } = spawnServer(settings);
  const [code] = (await once(child, 'close')) as [number | null];
  return { code, output: output() };
}

function spawnServer(settings: Readonly<Record<string, string>>) {
  // The working directory may hold a developer's .env; a test's process must not read it.
  const env = { PATH: process.env.PATH, HOST: '127.0.0.1', PORT: '0', ...settings };
  const child = spawn(process.execPath, [compiled('main.js')], {
    cwd: join(ROOT, 'test'),
    env,
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const chunks: string[] = [];
  for (const stream of [child.stdout, child.stderr])
    stream.on('data', (chunk: Buffer) => chunks.push(chunk.toString()));
  return { child, output: () => chunks.join('') };
}

async function endOf(child: ChildProcess, signal: NodeJS.Signals) {
  if (child.exitCode === null && child.signalCode === null) {
    const ended = once(child, 'close');
    child.kill(signal);
    await ended;
  }
  return child.signalCode ?? child.exitCode;
}
