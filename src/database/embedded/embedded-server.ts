import { Logger } from '@nestjs/common';
import type { ChildProcess } from 'node:child_process';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { isDatabaseUnavailable } from '../pg-errors.js';
import { DATABASE_USER, provideCluster } from './cluster.js';
import { type DataPlace, findPlace } from './data-place.js';
import { EmbeddedServerError } from './embedded-error.js';
import { DATABASE_NAME, Membership, WrongServer } from './membership.js';
import {
  clearStaleLockFile,
  isPostmasterOf,
  type LockFile,
  logSince,
  logSize,
  readLockFile,
  spawnPostmaster,
  stopPostmaster,
} from './postmaster.js';
import { serverAccount } from './server-account.js';
import { provideServerFiles, serverPackage, type ServerFiles } from './server-files.js';

export interface EmbeddedServerOptions {
  readonly dataDir: string;
  /** For what may not lie in the data directory; see `findPlace`. */
  readonly systemFolder?: string;
  /** The npm package with the server's files. */
  readonly packageFolder?: string;
  /** PostgreSQL settings on top of ours. */
  readonly settings?: Readonly<Record<string, string>>;
}

const SYSTEM_FOLDER = '/var/lib/slipway';
const START_LIMIT_MS = 60_000;
const FAILED_STARTS_LIMIT = 3;
const POLL_MS = 15;

/**
 * One Slipway process's hold on the embedded PostgreSQL of a data directory. Every process on that directory is equal:
 * whoever finds no server starts it, the others join, whoever sees it die starts it again on the same port, and the
 * last one to leave stops it. PostgreSQL's own lock file makes a second server impossible; see
 * docs/decisions/0002-embedded-postgresql.md.
 */
export class EmbeddedServer {
  /** Did this process start the server, or find it running? */
  started = false;
  private membership: Membership | undefined;
  private child: ChildProcess | undefined;
  private port: number | undefined;
  private stopping = false;
  private stopped: Promise<void> | undefined;
  private recovery: Promise<void> | undefined;
  private readonly log = new Logger('EmbeddedPostgres');

  private constructor(
    private readonly files: ServerFiles,
    private readonly place: DataPlace,
    private readonly password: string,
    private readonly settings: Readonly<Record<string, string>>,
  ) {}

  static async start(options: EmbeddedServerOptions): Promise<EmbeddedServer> {
    const systemFolder = options.systemFolder ?? SYSTEM_FOLDER;
    const place = findPlace(options.dataDir, systemFolder, serverAccount());
    const readable = place.account ? systemFolder : place.folder;
    const files = provideServerFiles(options.packageFolder ?? serverPackage(), readable, place.account);
    const password = await provideCluster(files, place);
    const server = new EmbeddedServer(files, place, password, options.settings ?? {});
    await server.join();
    process.once('exit', server.stopAtExit);
    return server;
  }

  get url(): string {
    return `postgres://${DATABASE_USER}:${this.password}@127.0.0.1:${this.port}/${DATABASE_NAME}`;
  }

  /** Where the database and its log are. */
  get folder(): string {
    return this.place.folder;
  }

  /** Leaves; the last process to leave stops the server and waits until it has written everything down. */
  stop(): Promise<void> {
    return (this.stopped ??= this.leave());
  }

  private async leave(): Promise<void> {
    this.stopping = true;
    process.removeListener('exit', this.stopAtExit);
    await this.recovery;
    const isLast = await this.membership?.leave();
    const lock = readLockFile(this.place.data);
    if (isLast && lock) await stopPostmaster(this.place.data, lock.pid);
    await this.membership?.close();
  }

  /** For an exit nobody planned (an uncaught error): nothing can be awaited any more. */
  private readonly stopAtExit = (): void => {
    if (this.child?.exitCode === null && this.child.signalCode === null) this.child.kill('SIGINT');
  };

  /** Finds the running server or starts one, until it answers. */
  private async join(): Promise<void> {
    let until = Date.now() + START_LIMIT_MS;
    let attempt: StartAttempt | undefined;
    let failures = 0;
    let lastError: unknown;
    // A server this call has started is also entered while stopping, or nobody would be left to stop it.
    while (!this.stopping || attempt?.failed === false) {
      const lock = readLockFile(this.place.data);
      if (lock && isPostmasterOf(this.place.data, lock.pid)) {
        lastError = await this.tryToEnter(lock);
        if (lastError === undefined) return this.entered(lock, attempt);
        // It says it is starting up or shutting down: recovery after a crash may take its time.
        if ((lastError as { code?: unknown }).code === '57P03') until = Date.now() + START_LIMIT_MS;
      } else if (!attempt || attempt.failed) {
        if (attempt?.failed && !attempt.lostRace && ++failures >= FAILED_STARTS_LIMIT) throw attempt.explanation();
        attempt = await this.startOne(lock);
      }
      if (Date.now() > until) {
        throw new EmbeddedServerError(`the embedded PostgreSQL did not get ready in time; see ${this.place.logFile}`, {
          cause: lastError,
        });
      }
      await sleep(POLL_MS);
    }
  }

  private async startOne(lock: LockFile | undefined): Promise<StartAttempt> {
    if (lock) clearStaleLockFile(this.place.data, lock);
    const port = this.port ?? (await this.choosePort());
    const size = logSize(this.place.logFile);
    return new StartAttempt(spawnPostmaster(this.files, this.place, port, this.settings), this.place.logFile, size);
  }

  /** `undefined` when it worked; the error when it may still work; throws when it never will. */
  private async tryToEnter(lock: LockFile): Promise<unknown> {
    if (this.port !== undefined && this.port !== lock.port) {
      throw new EmbeddedServerError(
        `the embedded PostgreSQL moved from port ${this.port} to ${lock.port}: start again`,
      );
    }
    try {
      this.membership = await Membership.enter(lock.port, this.password, this.place.data);
      return undefined;
    } catch (error) {
      if (!isDatabaseUnavailable(error) && !(error instanceof WrongServer)) {
        throw new EmbeddedServerError(`the embedded PostgreSQL in ${this.place.folder} refused us: ${String(error)}`, {
          cause: error,
        });
      }
      return error;
    }
  }

  private entered(lock: LockFile, attempt: StartAttempt | undefined): void {
    this.port = lock.port;
    this.child = attempt?.child.pid === lock.pid ? attempt.child : undefined;
    this.started = this.child !== undefined;
    if (this.started) writeFileSync(this.place.portFile, `${lock.port}\n`);
    this.membership?.onLost(() => {
      if (!this.stopping) this.recovery = this.recover();
    });
  }

  /** Never gives up while this process lives: until then every request is answered 503. */
  private async recover(): Promise<void> {
    this.log.warn('the embedded PostgreSQL went away; starting it again');
    for (let pause = 100; !this.stopping; pause = Math.min(pause * 2, 5_000)) {
      try {
        await this.join();
        if (!this.stopping) this.log.log('the embedded PostgreSQL is back');
        return;
      } catch (error) {
        this.log.error(`the embedded PostgreSQL does not start: ${(error as Error).message}`);
        await sleep(pause);
      }
    }
  }

  /** The last one if it is free, so that an operator's own connection settings stay good. */
  private async choosePort(): Promise<number> {
    const last = existsSync(this.place.portFile) ? Number(readFileSync(this.place.portFile, 'utf8')) : 0;
    if (last > 0 && last < 65536) {
      const free = await freePort(last).catch(() => undefined);
      if (free !== undefined) return free;
    }
    return freePort(0);
  }
}

class StartAttempt {
  constructor(
    readonly child: ChildProcess,
    private readonly logFile: string,
    private readonly logStart: number,
  ) {}

  get failed(): boolean {
    return this.child.pid === undefined || this.child.exitCode !== null || this.child.signalCode !== null;
  }

  /** Another process was faster, or the dead server's last helpers are still leaving: simply look again. */
  get lostRace(): boolean {
    return /lock file .* already exists|is still in use/.test(logSince(this.logFile, this.logStart));
  }

  explanation(): EmbeddedServerError {
    const text = logSince(this.logFile, this.logStart).split('\n').slice(-8).join('\n');
    return new EmbeddedServerError(`the embedded PostgreSQL does not start (${this.logFile}):\n${text}`);
  }
}

function freePort(wanted: number): Promise<number> {
  return new Promise((resolve, reject) => {
    const probe = createServer();
    probe.once('error', reject);
    probe.listen(wanted, '127.0.0.1', () => {
      const address = probe.address();
      const port = typeof address === 'object' && address ? address.port : 0;
      probe.close(() => resolve(port));
    });
  });
}
