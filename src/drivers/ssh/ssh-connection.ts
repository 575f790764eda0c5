import { Client } from 'ssh2';
import type { Algorithms, AnyAuthMethod, AuthenticationType, ClientChannel, NextAuthHandler } from 'ssh2';
import { DriverError } from '../device-driver.js';
import type { DriverIo } from '../device-driver.js';
import { runCommand } from './exec.js';
import type { ExecOptions, ExecResult } from './exec.js';
import { fingerprintOf, judgeHostKey, keyTypeOf } from './host-key.js';
import { redactor, secretsOf } from './redact.js';
import { SftpClient } from './sftp-client.js';
import { toDriverError } from './ssh-errors.js';
import type { Phase } from './ssh-errors.js';
import type { SshHost } from './ssh-host.js';
import { LoginMethods, parsePrivateKey } from './ssh-login.js';

/** What a connection asks of whoever opened it. */
export type SshIo = Pick<DriverIo, 'signal' | 'learnHostKey'>;

export interface SshOptions {
  /** Until the host has proved its key (default 15 s). */
  readonly connectTimeoutMs?: number;
  /** From there until the login is through: TACACS servers take their time (default 30 s). */
  readonly loginTimeoutMs?: number;
  /** A peer that answers none of three of these is dead (default 10 s). */
  readonly keepaliveMs?: number;
}

/** What old IOS and friends need on top of the defaults; offered last, and only where a device asks for it. */
const LEGACY: Algorithms = {
  kex: append('diffie-hellman-group-exchange-sha1', 'diffie-hellman-group14-sha1', 'diffie-hellman-group1-sha1'),
  cipher: append('aes256-cbc', 'aes192-cbc', 'aes128-cbc', '3des-cbc'),
  hmac: append('hmac-sha1-96', 'hmac-md5'),
};

/**
 * One SSH connection for all SSH drivers (spec upgrade section 4.1). Whatever goes wrong is a `DriverError`; when the
 * connection ends, everything that still waits on it is rejected, so no call hangs on a dead peer.
 */
export class SshConnection {
  readonly redact: (text: string) => string;
  private readonly client = new Client();
  private readonly waiting = new Set<(error: DriverError) => void>();
  private readonly where: string;
  private phase: Phase = 'connecting';
  private failure: DriverError | null = null;
  private acceptedKey: string | null = null;
  private keyToLearn: string | null = null;
  private closing = false;
  private timer: NodeJS.Timeout | undefined;

  private constructor(
    private readonly device: SshHost,
    private readonly io: SshIo,
    private readonly options: SshOptions,
  ) {
    this.redact = redactor(secretsOf(device));
    this.where = `${device.address}:${device.port}`;
  }

  static async open(device: SshHost, io: SshIo, options: SshOptions = {}): Promise<SshConnection> {
    const connection = new SshConnection(device, io, options);
    await connection.connect();
    return connection;
  }

  exec(command: string, options: ExecOptions = {}): Promise<ExecResult> {
    return this.guard((resolve, reject) => runCommand(this.client, command, options, this.redact, resolve, reject));
  }

  /** An interactive shell as a raw stream. It ends with the connection; `lost` then says why. */
  shell(window: { cols: number; rows: number; term: string }): Promise<ClientChannel> {
    return this.guard((resolve, reject) => {
      this.client.shell({ cols: window.cols, rows: window.rows, term: window.term }, (error, channel) => {
        if (error) return reject(toDriverError(error, 'ready', this.where));
        ignoreErrors(channel);
        resolve(channel);
      });
    });
  }

  /** A command's raw stream, for protocols spoken over it, such as SCP. */
  stream(command: string): Promise<ClientChannel> {
    return this.guard((resolve, reject) => {
      this.client.exec(command, (error, channel) => {
        if (error) return reject(toDriverError(error, 'ready', this.where));
        ignoreErrors(channel);
        resolve(channel);
      });
    });
  }

  sftp(): Promise<SftpClient> {
    return this.guard((resolve, reject) => {
      this.client.sftp((error, sftp) => {
        if (error) return reject(new DriverError('unsupported', `${this.where}: no SFTP (${error.message})`, error));
        ignoreErrors(sftp);
        resolve(new SftpClient(sftp, (work) => this.guard(work)));
      });
    });
  }

  /** Why the connection is gone; null while it stands. */
  get lost(): DriverError | null {
    return this.failure;
  }

  /** Rejects when the connection ends, whoever ends it. `stop` forgets the listener. */
  onLost(listener: (error: DriverError) => void): { stop(): void } {
    if (this.failure) listener(this.failure);
    else this.waiting.add(listener);
    return { stop: () => this.waiting.delete(listener) };
  }

  async close(): Promise<void> {
    this.closing = true;
    if (this.failure) return;
    const ended = new Promise<void>((resolve) => this.onLost(() => resolve()));
    const impatient = setTimeout(() => this.client.destroy(), 2_000);
    this.client.end();
    await ended;
    clearTimeout(impatient);
  }

  /** Runs callback work that also ends when the connection does. */
  guard<T>(work: (resolve: (value: T) => void, reject: (error: unknown) => void) => void): Promise<T> {
    return new Promise<T>((resolve, reject) => {
      if (this.failure) return reject(this.failure);
      const watch = this.onLost(reject);
      const settle =
        <A>(then: (argument: A) => void) =>
        (argument: A) => {
          watch.stop();
          then(argument);
        };
      try {
        work(
          settle(resolve),
          settle((error: unknown) => reject(this.failure ?? error)),
        );
      } catch (error) {
        // The library throws "Not connected" at once when the socket has just gone.
        settle(reject)(error instanceof DriverError ? error : toDriverError(error as Error, 'ready', this.where));
      }
    });
  }

  private async connect(): Promise<void> {
    const { signal } = this.io;
    if (signal.aborted) throw aborted(this.where);
    if (!this.device.username)
      throw new DriverError('auth_failed', `${this.device.hostname} has no user name to log in with`);
    const login = new LoginMethods(this.device, parsePrivateKey(this.device), (error) => this.fail(error));
    const onAbort = () => this.fail(aborted(this.where));
    signal.addEventListener('abort', onAbort, { once: true });
    this.onLost(() => signal.removeEventListener('abort', onAbort));
    // An error of the library without a listener would end the process, so this one stays for good.
    this.client.on('error', (error) => this.fail(toDriverError(error, this.phase, this.where)));
    this.client.on('close', () => this.fail(this.endedUnasked()));
    // Every command is a few small packets each way; waiting to fill them cost 40 ms (measured: 50 ms a command, now 6-14).
    this.client.on('connect', () => this.client.setNoDelay(true));
    this.client.on('change password', () => {
      this.fail(
        new DriverError('auth_failed', `${this.where}: the password has expired and must be changed on the device`),
      );
    });
    await this.guard<void>((resolve, reject) => {
      this.client.once('ready', () => {
        this.phase = 'ready';
        clearTimeout(this.timer);
        resolve();
      });
      this.failAfter(this.options.connectTimeoutMs ?? 15_000, 'no SSH answer');
      this.dial(login, reject);
    });
  }

  private dial(login: LoginMethods, reject: (error: unknown) => void): void {
    this.client.connect({
      host: this.device.address,
      port: this.device.port,
      username: this.device.username ?? '',
      readyTimeout: 0,
      keepaliveInterval: this.options.keepaliveMs ?? 10_000,
      keepaliveCountMax: 3,
      algorithms: this.device.legacyAlgorithms ? LEGACY : undefined,
      hostVerifier: (key: Buffer) => this.verifyHostKey(key),
      authHandler: (allowed: AuthenticationType[] | null, partial: boolean | null, next: NextAuthHandler) => {
        const method = login.next(allowed, partial);
        // The library's types forget that `false` means "nothing left to try".
        this.beforeLogin()
          .then(() => next(method as AnyAuthMethod))
          .catch(reject);
      },
    });
  }

  /** Comes before the host proved that it owns the key, so nothing is learned here yet. Comes again when re-keying. */
  private verifyHostKey(key: Buffer): boolean {
    const offered = fingerprintOf(key);
    if (this.acceptedKey !== null) return offered === this.acceptedKey;
    const verdict = judgeHostKey(this.device, offered, keyTypeOf(key));
    if (verdict instanceof DriverError) {
      this.fail(verdict);
      return false;
    }
    this.acceptedKey = offered;
    if (verdict === 'learn') this.keyToLearn = offered;
    return true;
  }

  /** A first contact's key is stored before the first credential is sent: whoever stored another one first wins. */
  private async beforeLogin(): Promise<void> {
    if (this.phase === 'connecting') {
      this.phase = 'login';
      this.failAfter(this.options.loginTimeoutMs ?? 30_000, 'no answer to the login');
    }
    const learned = this.keyToLearn;
    this.keyToLearn = null;
    if (learned === null) return;
    try {
      await this.io.learnHostKey(learned);
    } catch (error) {
      this.client.destroy();
      throw error;
    }
  }

  private failAfter(timeoutMs: number, what: string): void {
    clearTimeout(this.timer);
    this.timer = setTimeout(() => {
      this.fail(new DriverError('unreachable', `${this.where}: ${what} within ${timeoutMs / 1000} s`));
    }, timeoutMs);
  }

  /** The first reason is the true one; later errors are its consequences. */
  private fail(error: DriverError): void {
    if (this.failure) return;
    this.failure = error;
    clearTimeout(this.timer);
    this.client.destroy();
    const listeners = [...this.waiting];
    this.waiting.clear();
    for (const listener of listeners) listener(error);
  }

  private endedUnasked(): DriverError {
    if (this.closing) return new DriverError('connection_lost', `${this.where}: connection closed`);
    if (this.phase === 'ready') return new DriverError('connection_lost', `${this.where}: connection lost`);
    return new DriverError('unreachable', `${this.where}: the host closed the connection before the login was through`);
  }
}

function append<T extends string>(...names: T[]): Record<'append' | 'prepend' | 'remove', T | T[]> {
  return { append: names, prepend: [], remove: [] };
}

function ignoreErrors(emitter: { on(event: 'error', listener: () => void): unknown }): void {
  // Told by the connection's own failure; unheard it would end the process.
  emitter.on('error', () => undefined);
}

function aborted(where: string): DriverError {
  return new DriverError('aborted', `${where}: stopped`);
}
