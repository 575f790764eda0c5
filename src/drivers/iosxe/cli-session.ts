import type { ClientChannel } from 'ssh2';
import { DriverError } from '../device-driver.js';
import type { SshConnection } from '../ssh/ssh-connection.js';
import {
  endsWithSyslog,
  failureLine,
  isOneLine,
  lastLine,
  PAGER,
  plainText,
  promptHost,
  promptPattern,
  withoutQueries,
  withoutSyslog,
} from './cli-text.js';

/** A question of the box and what to type. A reply carries its own `\r` where one is needed. */
export interface Answer {
  readonly question: RegExp;
  reply(outputSoFar: string): string | Promise<string>;
}

export interface RunOptions {
  readonly timeoutMs?: number;
  /** Longest silence (default: none but the timeout). */
  readonly idleMs?: number;
  readonly answers?: readonly Answer[];
  /** Do not throw when the box refuses the command; the caller reads the output. */
  readonly mayFail?: boolean;
  /** Called with each finished line of the output. */
  readonly onLine?: (line: string) => void;
}

export interface CliOptions {
  readonly commandMs: number;
  /** Silence after which something that looks like a prompt is taken for one, before the prompt is known. */
  readonly quietMs: number;
  readonly transcript?: (text: string) => void;
}

/** Silence after a log message without a prompt, until the box is asked for its prompt again. */
const NUDGE_MS = 2000;
/** As much of the end as a prompt or question can have; testing more for each chunk would cost more and more. */
const TAIL = 1000;

/** Waits for the next piece of input, or says why there will be none. */
type Wake = (event: 'data' | 'quiet' | DriverError) => void;

/**
 * An IOS command line over an SSH shell: one command at a time, its output without echo, prompt, paging and log
 * messages (spec upgrade section 4.3). Knows nothing of what the commands mean.
 */
export class CliSession {
  private raw = '';
  private prompt: RegExp | null = null;
  private wake: Wake | null = null;
  private closed: DriverError | null = null;
  private transcriptLine = '';
  /** The last prompt, such as `sw1#`. */
  currentPrompt = '';

  private constructor(
    readonly connection: SshConnection,
    private readonly channel: ClientChannel,
    private readonly options: CliOptions,
  ) {
    channel.setEncoding('utf8');
    channel.on('data', (text: string) => this.receive(text));
    channel.on('close', () => this.lose(new DriverError('connection_lost', 'The device closed the session')));
    connection.onLost((error) => this.lose(error));
  }

  /** Opens the shell, learns its prompt and turns paging off. */
  static async open(connection: SshConnection, options: CliOptions): Promise<CliSession> {
    const channel = await connection.shell({ term: 'vt100', cols: 511, rows: 1000 });
    const session = new CliSession(connection, channel, options);
    await session.learnPrompt();
    await session.run('terminal length 0');
    await session.run('terminal width 511', { mayFail: true });
    return session;
  }

  get isPrivileged(): boolean {
    return this.currentPrompt.endsWith('#');
  }

  get lost(): DriverError | null {
    return this.connection.lost ?? this.closed;
  }

  /** Runs one command and returns its output. */
  async run(command: string, options: RunOptions = {}): Promise<string> {
    if (!isOneLine(command)) {
      throw new DriverError('command_rejected', `Not a single line of text: ${JSON.stringify(this.shown(command))}`);
    }
    this.raw = '';
    // A question mark asks for help unless it is quoted.
    this.write(`${command.replaceAll('?', '\x16?')}\r`);
    const output = await this.readToPrompt(command, options);
    const refused = options.mayFail ? null : failureLine(output);
    if (refused !== null) {
      throw new DriverError('command_rejected', this.shown(`"${command}" was refused: ${refused}`));
    }
    return output;
  }

  close(): Promise<void> {
    return this.connection.close();
  }

  private async readToPrompt(command: string, options: RunOptions): Promise<string> {
    const started = Date.now();
    const limitMs = options.timeoutMs ?? this.options.commandMs;
    const reader = new OutputReader(command);
    let heardAt = started;
    for (;;) {
      const step = reader.take(this.raw, this.prompt, options);
      if (step.kind === 'done') {
        this.currentPrompt = step.prompt;
        return step.output;
      }
      if (step.kind === 'more') this.write(' ');
      if (step.kind === 'answer') this.write(await step.answer.reply(step.output));
      if (step.kind !== 'wait') continue;
      const idleLeft = options.idleMs === undefined ? Infinity : heardAt + options.idleMs - Date.now();
      const left = Math.min(started + limitMs - Date.now(), idleLeft);
      if (left <= 0) throw this.timedOut(command, limitMs, idleLeft <= 0 ? options.idleMs : undefined);
      const isNoise = endsWithSyslog(plainText(this.raw.slice(-TAIL)));
      const event = await this.next(isNoise ? Math.min(left, NUDGE_MS) : left);
      if (event === 'data') heardAt = Date.now();
      else if (isNoise && left > NUDGE_MS && options.answers === undefined) this.write('\r');
    }
  }

  private timedOut(command: string, limitMs: number, idleMs: number | undefined): DriverError {
    const what = idleMs === undefined ? `no end within ${limitMs / 1000} s` : `silent for ${idleMs / 1000} s`;
    const last = lastLine(plainText(this.raw.slice(-TAIL)));
    return new DriverError(
      'prompt_timeout',
      this.shown(`"${command}": ${what}; last line: ${JSON.stringify(last.slice(0, 200))}`),
    );
  }

  /** Finds the prompt: something that looks like one, and comes again when Enter is pressed. */
  private async learnPrompt(): Promise<void> {
    const deadline = Date.now() + this.options.commandMs;
    let candidate: string | null = null;
    for (let asked = false; Date.now() < deadline;) {
      const event = await this.next(asked || this.raw !== '' ? this.options.quietMs : 3 * this.options.quietMs);
      if (event === 'data') continue;
      const line = lastLine(withoutSyslog(plainText(this.raw)));
      const host = promptHost(line);
      if (host !== null && host === candidate) {
        this.prompt = promptPattern(host);
        this.currentPrompt = line.trimEnd();
        return;
      }
      if (host !== null) candidate = host;
      if (host === null && asked && this.raw === '') continue;
      this.raw = '';
      asked = true;
      this.write('\r');
    }
    throw new DriverError('prompt_timeout', `No prompt within ${this.options.commandMs / 1000} s of the login`);
  }

  private next(timeoutMs: number): Promise<'data' | 'quiet'> {
    if (this.lost) return Promise.reject(this.lost);
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => this.wake?.('quiet'), Math.min(timeoutMs, 2 ** 31 - 1));
      this.wake = (event) => {
        clearTimeout(timer);
        this.wake = null;
        if (event instanceof DriverError) reject(event);
        else resolve(event);
      };
    });
  }

  private receive(text: string): void {
    this.raw += text;
    this.record(text);
    this.wake?.('data');
  }

  private lose(error: DriverError): void {
    // The connection's own reason is the better one when both end.
    this.closed = this.connection.lost ?? this.closed ?? error;
    this.wake?.(this.closed);
  }

  private write(text: string): void {
    if (this.lost) throw this.lost;
    this.channel.write(text);
  }

  /** What may be logged or thrown of a text. */
  shown(text: string): string {
    return withoutQueries(this.connection.redact(text));
  }

  /** Line by line: a secret cut by a chunk boundary would not be found. */
  private record(text: string): void {
    if (!this.options.transcript) return;
    const lines = (this.transcriptLine + text).split('\n');
    this.transcriptLine = lines.pop() ?? '';
    for (const line of lines) this.options.transcript(this.shown(`${line}\n`));
  }
}

type Step =
  | { kind: 'wait' | 'more' }
  | { kind: 'answer'; answer: Answer; output: string }
  | { kind: 'done'; output: string; prompt: string };

/** Reads what one command brings: decides at each piece whether to wait, page on, answer or finish. */
class OutputReader {
  private echoSeen = false;
  /** Nothing before this place is looked at again for a question or pager that was dealt with. */
  private dealtWith = 0;
  private lines = 0;

  constructor(private readonly command: string) {}

  take(raw: string, prompt: RegExp | null, options: RunOptions): Step {
    if (!this.echoSeen) {
      if (!withoutSyslog(plainText(raw)).includes(this.command)) return { kind: 'wait' };
      this.echoSeen = true;
    }
    if (options.onLine) this.report(this.outputOf(raw), options.onLine);
    const fresh = raw.slice(Math.max(this.dealtWith, raw.length - TAIL));
    const tail = withoutSyslog(plainText(fresh)).trimEnd();
    if (PAGER.test(tail)) {
      this.dealtWith = raw.length;
      return { kind: 'more' };
    }
    const last = lastLine(tail);
    const answer = options.answers?.find((one) => one.question.test(last));
    if (answer) {
      this.dealtWith = raw.length;
      return { kind: 'answer', answer, output: this.outputOf(raw) };
    }
    if (!prompt?.test(last)) return { kind: 'wait' };
    const output = this.outputOf(raw).trimEnd();
    if (!output.endsWith(last)) return { kind: 'wait' };
    return { kind: 'done', prompt: last, output: output.slice(0, -last.length) };
  }

  /** Everything after the echo. */
  private outputOf(raw: string): string {
    const text = withoutSyslog(plainText(raw));
    const end = text.indexOf('\n', text.indexOf(this.command));
    return end < 0 ? '' : text.slice(end + 1);
  }

  private report(output: string, onLine: (line: string) => void): void {
    const lines = output.split('\n').slice(0, -1);
    for (const line of lines.slice(this.lines)) if (line.trim() !== '') onLine(line.trimEnd());
    this.lines = Math.max(this.lines, lines.length);
  }
}
