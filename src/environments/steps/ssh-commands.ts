import { setTimeout as delay } from 'node:timers/promises';
import type { CommandLook, NodeHost, NodeHostSession } from '../../drivers/node-host/node-host-driver.js';
import type { WorkContext } from './step-work.js';
import { commandVariables, masking, numberOf, textOf } from './work-text.js';

export interface SshCommand {
  /** Its action's too. */
  readonly uuid: string;
  readonly byte: number;
  readonly line: number;
  /** The host may know it. */
  readonly isBegun: boolean;
}

/** What is remembered of one server's commands. */
export interface SshMemory {
  readonly since: number;
  commands(): readonly SshCommand[];
  update(commands: readonly SshCommand[]): Promise<void>;
  learnHostKey(fingerprint: string): Promise<void>;
}

const LONGEST_S = 3_600;
const [FIRST_LOOK_MS, SLOWEST_LOOK_MS] = [50, 1_000];
/** Of one command's output; the rest stays on the host. */
const MOST_LOGGED = 1024 * 1024;

/** The commands of an ssh step on one server. */
export class SshCommands {
  private readonly mask: (text: string) => string;
  private readonly expected: number;
  private readonly timeoutS: number;
  /** What the last command came to. */
  result: { exitCode: number; output: string } = { exitCode: 0, output: '' };

  constructor(
    private readonly context: WorkContext,
    private readonly host: NodeHost,
    private readonly texts: readonly string[],
    private readonly memory: SshMemory,
  ) {
    this.mask = masking(context.subject);
    this.expected = numberOf(context.subject, 'successExitCode', 0);
    this.timeoutS = context.subject.definition.timeoutSec ?? LONGEST_S;
  }

  /** Null: all ended as they should. Throws when the host cannot be reached. */
  follow(): Promise<string | null> {
    return this.onHost(this.context.signal, async (session) => {
      for (const index of this.texts.keys()) {
        const problem = await this.runOne(session, index);
        if (problem !== null) return problem;
      }
      const last = this.memory.commands().at(-1);
      const isAskedFor = Object.keys(this.context.subject.definition.export).length > 0;
      const lines = last && isAskedFor ? (await session.look(last.uuid, 0)).lines : [];
      this.result = { exitCode: this.expected, output: lines.join('\n') };
      return null;
    });
  }

  async halt(signal: AbortSignal): Promise<void> {
    const begun = this.memory.commands().filter(({ isBegun }) => isBegun);
    if (begun.length === 0) return;
    await this.onHost(signal, async (session) => {
      for (const { uuid } of begun) await session.halt(uuid);
    });
  }

  private async onHost<T>(signal: AbortSignal, act: (session: NodeHostSession) => Promise<T>): Promise<T> {
    const { ssh } = this.context.subject.drivers;
    const io = { signal, learnHostKey: (fingerprint: string) => this.memory.learnHostKey(fingerprint) };
    const session = await ssh.open(this.host, io);
    try {
      return await act(session);
    } finally {
      await session.close().catch(() => undefined);
    }
  }

  private async runOne(session: NodeHostSession, index: number): Promise<string | null> {
    for (let pause = FIRST_LOOK_MS; ; pause = Math.min(pause * 1.5, SLOWEST_LOOK_MS)) {
      const command = this.command(index);
      const look = command.isBegun ? await session.look(command.uuid, command.byte) : null;
      if (look === null || look.state === 'absent') await this.start(session, index);
      else {
        await this.report(index, look);
        if (look.state !== 'running') return this.ended(index, look);
      }
      if (this.context.now() - this.memory.since > this.timeoutS * 1000) return this.timedOut(session, index);
      await delay(pause, undefined, { signal: this.context.signal });
    }
  }

  /** Where another command of this environment still runs on the host it is tried again, with the next look. */
  private async start(session: NodeHostSession, index: number): Promise<void> {
    const { subject } = this.context;
    const { uuid } = this.command(index);
    const script = this.texts[index] ?? '';
    const description = this.mask(script);
    await subject.record.startAction({ uuid, name: `SSH command on ${this.host.name}`, description });
    await this.update(index, { isBegun: true });
    await session.start({ token: uuid, script, cwd: cwdOf(subject), environment: commandVariables(subject) });
  }

  private async report(index: number, look: CommandLook): Promise<void> {
    const { uuid, byte, line } = this.command(index);
    if (look.nextByte === byte) return;
    const isFull = byte >= MOST_LOGGED;
    const texts = isFull ? [] : look.lines.map((text) => this.mask(text));
    if (!isFull && look.nextByte >= MOST_LOGGED) texts.push('[… it prints more than is kept here …]');
    const entries = texts.map((text, at) => ({ text, position: line + at }));
    if (entries.length > 0) await this.context.subject.record.log(uuid, entries);
    await this.update(index, { byte: look.nextByte, line: line + entries.length });
  }

  private async ended(index: number, look: CommandLook): Promise<string | null> {
    if (look.state === 'ended' && look.exitCode === this.expected) {
      await this.context.subject.record.endAction(this.command(index).uuid, 'Successful');
      return null;
    }
    if (look.state === 'lost') return this.failed(index, 'FAILURE: Process was ended from outside', 'Interrupted');
    const problem = `FAILURE: Process finished with exit code ${look.exitCode}, expected result = ${this.expected}`;
    return this.failed(index, problem, 'Failed');
  }

  private async timedOut(session: NodeHostSession, index: number): Promise<string> {
    await session.halt(this.command(index).uuid);
    return this.failed(index, `FAILURE: Process did not end within ${this.timeoutS} s and was ended`, 'Failed');
  }

  private async failed(index: number, problem: string, status: 'Failed' | 'Interrupted'): Promise<string> {
    const { uuid, line } = this.command(index);
    await this.context.subject.record.log(uuid, [{ text: problem, position: line }]);
    await this.context.subject.record.endAction(uuid, status, problem);
    return `${this.host.name}: ${problem}`;
  }

  private command(index: number): SshCommand {
    return this.memory.commands()[index]!;
  }

  private update(index: number, change: Partial<SshCommand>): Promise<void> {
    return this.memory.update(this.memory.commands().with(index, { ...this.command(index), ...change }));
  }
}

/** Commands begin in their own record's folder, three below the login's home: from there a way is told. */
function cwdOf(work: WorkContext['subject']): string {
  const cwd = textOf(work, 'cwd') ?? '.';
  return cwd.startsWith('/') ? cwd : `../../../${cwd}`;
}
