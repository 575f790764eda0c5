import type { FileEntryWithStats, OpenMode, SFTPWrapper, Stats } from 'ssh2';
import { DriverError } from '../device-driver.js';

type Guard = <T>(work: (resolve: (value: T) => void, reject: (error: unknown) => void) => void) => Promise<T>;
type SftpFailure = Error & { readonly code?: number };

const NO_SUCH_FILE = 2;
const PERMISSION_DENIED = 3;

/** SFTP with promises; every call also ends when the connection does. */
export class SftpClient {
  constructor(
    private readonly sftp: SFTPWrapper,
    private readonly guard: Guard,
  ) {}

  open(path: string, mode: OpenMode): Promise<Buffer> {
    return this.call<Buffer>(`open ${path}`, (done) => this.sftp.open(path, mode, done));
  }

  write(handle: Buffer, data: Buffer, position: number): Promise<void> {
    return this.call<void>('write', (done) =>
      this.sftp.write(handle, data, 0, data.length, position, (error) => done(error)),
    );
  }

  /** Asks the host to put the file on its disk; hosts without the extension are let be. */
  async sync(handle: Buffer): Promise<void> {
    await this.call<void>('sync', (done) => this.sftp.ext_openssh_fsync(handle, (error) => done(error))).catch(
      (error: unknown) => {
        if (error instanceof DriverError && error.code === 'connection_lost') throw error;
      },
    );
  }

  close(handle: Buffer): Promise<void> {
    return this.call<void>('close', (done) => this.sftp.close(handle, (error) => done(error)));
  }

  /** Not followed when it is a link; null when it is not there. */
  async lstat(path: string): Promise<Stats | null> {
    return this.call<Stats | null>(`stat ${path}`, (done) =>
      this.sftp.lstat(path, (error, stats) => {
        if ((error as SftpFailure | undefined)?.code === NO_SUCH_FILE) return done(undefined, null);
        done(error, stats);
      }),
    );
  }

  readdir(path: string): Promise<FileEntryWithStats[]> {
    return this.call<FileEntryWithStats[]>(`list ${path}`, (done) => this.sftp.readdir(path, done));
  }

  unlink(path: string): Promise<void> {
    return this.call<void>(`remove ${path}`, (done) => this.sftp.unlink(path, (error) => done(error)));
  }

  end(): void {
    this.sftp.end();
  }

  private call<T>(
    what: string,
    work: (done: (error: Error | null | undefined, value?: T) => void) => void,
  ): Promise<T> {
    return this.guard<T>((resolve, reject) => {
      work((error, value) => (error ? reject(toError(error, what)) : resolve(value as T)));
    });
  }
}

/** What the host said no to. Only the caller knows whether "Failure" means a full disk. */
export class SftpRefused extends DriverError {
  constructor(
    what: string,
    readonly status: number,
    cause: Error,
  ) {
    const reason = status === PERMISSION_DENIED ? 'permission denied' : cause.message;
    super('command_rejected', `SFTP ${what}: ${reason}`, cause);
  }
}

function toError(error: SftpFailure, what: string): DriverError {
  if (typeof error.code === 'number') return new SftpRefused(what, error.code, error);
  return new DriverError('connection_lost', `SFTP ${what}: ${error.message}`, error);
}
