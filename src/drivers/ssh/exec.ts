import type { Client, ClientChannel } from 'ssh2';
import { DriverError } from '../device-driver.js';

export interface ExecOptions {
  /** From the request to the end of the command (default 60 s). */
  readonly timeoutMs?: number;
  /** Written to the command's input, which is then closed. */
  readonly input?: string | Buffer;
  /** Characters kept of each output (default 1 Mi); of more, the beginning and the end are kept. */
  readonly maxOutput?: number;
}

export interface ExecResult {
  /** The exit code; null when a signal ended the command. Never undefined: that is a lost connection. */
  readonly code: number | null;
  readonly signal: string | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** Keeps the beginning and the end of an output: the first lines say what ran, the last ones how it ended. */
export class BoundedText {
  private head = '';
  private tail = '';
  private dropped = 0;

  constructor(private readonly limit: number) {}

  add(text: string): void {
    const room = Math.max(0, Math.ceil(this.limit / 2) - this.head.length);
    this.head += text.slice(0, room);
    this.tail += text.slice(room);
    const excess = this.tail.length - Math.floor(this.limit / 2);
    if (excess > 0) {
      this.tail = this.tail.slice(excess);
      this.dropped += excess;
    }
  }

  toString(): string {
    return this.dropped === 0
      ? this.head + this.tail
      : `${this.head}\n[… ${this.dropped} characters left out …]\n${this.tail}`;
  }
}

/** Runs one command on an open client; see `SshConnection.exec`. The library has no time limit of its own. */
export function runCommand(
  client: Client,
  command: string,
  options: ExecOptions,
  redact: (text: string) => string,
  resolve: (result: ExecResult) => void,
  reject: (error: unknown) => void,
): void {
  const timeoutMs = options.timeoutMs ?? 60_000;
  const limit = options.maxOutput ?? 1024 * 1024;
  let channel: ClientChannel | undefined;
  const timer = setTimeout(() => {
    channel?.close();
    reject(new DriverError('prompt_timeout', `No end within ${timeoutMs / 1000} s: ${shorten(redact(command))}`));
  }, timeoutMs);
  const settle =
    <A>(then: (argument: A) => void) =>
    (argument: A) => {
      clearTimeout(timer);
      then(argument);
    };
  const done = settle(resolve);
  const failed = settle(reject);
  try {
    client.exec(command, (error, opened) => {
      if (error) return failed(new DriverError('connection_lost', `Command not started: ${error.message}`, error));
      channel = opened;
      collect(opened, limit, done, failed);
      opened.end(options.input);
    });
  } catch (error) {
    clearTimeout(timer);
    throw error;
  }
}

function collect(
  channel: ClientChannel,
  limit: number,
  done: (result: ExecResult) => void,
  failed: (error: unknown) => void,
) {
  const stdout = new BoundedText(limit);
  const stderr = new BoundedText(limit);
  let exit: { code: number | null; signal: string | null } | undefined;
  channel.setEncoding('utf8').on('data', (text: string) => stdout.add(text));
  channel.stderr.setEncoding('utf8').on('data', (text: string) => stderr.add(text));
  channel.on('error', () => undefined);
  channel.on('exit', (code: number | null, signal?: string) => {
    exit = { code: code ?? null, signal: signal ?? null };
  });
  channel.on('close', () => {
    if (exit) return done({ ...exit, stdout: stdout.toString(), stderr: stderr.toString() });
    failed(new DriverError('connection_lost', 'The connection was lost before the command ended'));
  });
}

function shorten(text: string): string {
  return text.length > 200 ? `${text.slice(0, 200)}…` : text;
}
