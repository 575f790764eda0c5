import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import type { Memory, Question, Reply } from './child-answers.js';

export type ChildKind = 'slipway' | 'queue' | 'bare-http' | 'bare-bytes' | 'stream-clients';

/** A process of its own that the benchmark asks to do things; see `child-answers.ts`. */
export class BenchChild {
  private readonly waiting = new Map<number, (reply: Reply) => void>();
  private asked = 0;

  private constructor(private readonly process: ChildProcess) {
    process.on('message', (reply: Reply) => this.take(reply));
    process.on('exit', (code, signal) => this.loseAll(`the process ended (${signal ?? code})`));
  }

  /** `settings` is what its `start` gets. */
  static async start(kind: ChildKind, settings: object): Promise<BenchChild> {
    const file = join(import.meta.dirname, `${kind}-process.js`);
    // Whatever it has to say must not mix with the result on our standard output.
    const stdio = ['ignore', 2, 2, 'ipc'] as const;
    const execArgv = ['--expose-gc', '--enable-source-maps'];
    // Settings hold maps, which JSON would lose.
    const child = new BenchChild(fork(file, { execArgv, serialization: 'advanced', stdio: [...stdio] }));
    await child.ask('start', settings);
    return child;
  }

  get pid(): number {
    return this.process.pid ?? 0;
  }

  async ask<T = unknown>(ask: string, given: unknown = null): Promise<T> {
    this.asked += 1;
    const question: Question = { id: this.asked, ask, with: given };
    const replied = new Promise<Reply>((resolve) => this.waiting.set(question.id, resolve));
    this.process.send(question, (error) => error && this.take({ id: question.id, error: error.message }));
    const reply = await replied;
    if ('error' in reply) throw new Error(`${ask}: ${reply.error}`);
    return reply.answer as T;
  }

  memory(): Promise<Memory> {
    return this.ask<Memory>('memory');
  }

  /** In good order, and at once where that does not work. */
  async stop(): Promise<void> {
    if (this.hasEnded) return;
    const ended = once(this.process, 'exit');
    await this.ask('stop').catch(() => undefined);
    if (this.process.connected) this.process.disconnect();
    const timer = setTimeout(() => this.process.kill('SIGKILL'), 10_000);
    await ended;
    clearTimeout(timer);
  }

  async kill(): Promise<void> {
    if (this.hasEnded) return;
    const ended = once(this.process, 'exit');
    this.process.kill('SIGKILL');
    await ended;
  }

  private get hasEnded(): boolean {
    return this.process.exitCode !== null || this.process.signalCode !== null;
  }

  private take(reply: Reply): void {
    this.waiting.get(reply.id)?.(reply);
    this.waiting.delete(reply.id);
  }

  private loseAll(error: string): void {
    for (const [id, settle] of this.waiting) settle({ id, error });
    this.waiting.clear();
  }
}
