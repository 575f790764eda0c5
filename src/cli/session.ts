import { type Command, InvalidArgumentError } from 'commander';
import { cliEnvironment } from '../config/cli-environment.js';
import type { ExitCode } from './exit-codes.js';
import { FleetClient } from './fleet-client.js';
import { readLogin } from './saved-login.js';

export const DEFAULT_URL = 'http://127.0.0.1:8080';

/** Wrong in what the user wrote, and only seen when the command ran. */
export class UsageError extends Error {}

export interface CliStreams {
  readonly out: NodeJS.WritableStream & { readonly isTTY?: boolean };
  readonly err: NodeJS.WritableStream & { readonly isTTY?: boolean };
  readonly in: NodeJS.ReadStream;
}

interface GlobalOptions {
  readonly url?: string;
  readonly token?: string;
  readonly json?: boolean;
}

/** One run of the command: where it reads and writes, who it is, and what the process will end with. */
export class CliSession {
  /** What the process ends with when the command comes to its end. */
  exitCode: ExitCode = 0;
  private options: GlobalOptions = {};

  constructor(
    readonly streams: CliStreams,
    readonly signal: AbortSignal,
  ) {}

  /** Called before each command with the options that every command takes. */
  use(command: Command): void {
    this.options = command.optsWithGlobals<GlobalOptions>();
  }

  get json(): boolean {
    return this.options.json === true;
  }

  /** `--url`, `SLIPWAY_URL`, the log-in that was kept, this machine: the first that is there. */
  get url(): string {
    const { url, folder } = cliEnvironment();
    return webAddress(this.options.url ?? url ?? readLogin(folder)?.url ?? DEFAULT_URL);
  }

  /** What `--token` says. */
  get givenToken(): string | null {
    return this.options.token === undefined ? null : plainToken(this.options.token);
  }

  /** The one of the kept log-in; it is only for the server it is from. */
  get keptToken(): string | null {
    const login = readLogin(cliEnvironment().folder);
    return login !== null && webAddress(login.url) === this.url ? login.token : null;
  }

  get token(): string | null {
    const { token } = cliEnvironment();
    return this.givenToken ?? (token === undefined ? this.keptToken : plainToken(token));
  }

  client(): FleetClient {
    const { token } = this;
    if (token === null)
      throw new UsageError(`Nobody is logged in to ${this.url}: run "slipway login", or set SLIPWAY_TOKEN`);
    return this.clientWith(token);
  }

  clientWith(token: string | null): FleetClient {
    return new FleetClient(this.url, token, this.signal, (text) => this.note(text));
  }

  /** For people: one or several lines. */
  say(text: string): void {
    this.streams.out.write(`${text}\n`);
  }

  /** Beside what was asked for: progress, warnings. Never in the way of `--json`. */
  note(text: string): void {
    this.streams.err.write(`${text}\n`);
  }

  /** With `--json` what the API said, else a text for people. */
  show<T>(answer: T, text: (answer: T) => string): void {
    this.say(this.json ? JSON.stringify(answer) : text(answer));
  }
}

/** It becomes part of a header; what cannot be one must not come out in an error message either. */
function plainToken(text: string): string {
  if (!/^[\x21-\x7e]{1,4096}$/.test(text))
    throw new UsageError('That is no token: it has no blanks and no line breaks');
  return text;
}

export function webAddress(text: string): string {
  const url = URL.canParse(text) ? new URL(text) : null;
  if (url === null || !['http:', 'https:'].includes(url.protocol)) {
    throw new UsageError(`"${text}" is not the address of a server: write it like ${DEFAULT_URL}`);
  }
  return `${url.origin}${url.pathname.replace(/\/+$/, '')}`;
}

/** `90`, `45s`, `10m`, `2h` as milliseconds. */
export function duration(text: string): number {
  const [, count, unit = 's'] = /^(\d{1,9})(s|m|h)?$/.exec(text) ?? [];
  if (count === undefined) throw new InvalidArgumentError('Write a time like 90, 45s, 10m or 2h.');
  return Number(count) * { s: 1_000, m: 60_000, h: 3_600_000 }[unit as 's' | 'm' | 'h'];
}

export function batchId(text: string): string {
  if (!/^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i.test(text)) {
    throw new InvalidArgumentError('It is the id of a batch, such as 7a0f4c1e-3b0d-4f0e-9a57-2f6f5a8d9c01.');
  }
  return text.toLowerCase();
}

export function wholeNumber(text: string): number {
  if (!/^\d{1,9}$/.test(text)) throw new InvalidArgumentError('It is a whole number.');
  return Number(text);
}
