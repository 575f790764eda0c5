import {
  assertSafeFilename,
  DriverError,
  type Device,
  type DeviceFacts,
  type DeviceImage,
  type DriverIo,
} from '../device-driver.js';
import { SshConnection } from '../ssh/ssh-connection.js';
import { CliSession, type Answer, type RunOptions } from './cli-session.js';
import { failureLine } from './cli-text.js';
import type { IosXeTiming } from './iosxe-timing.js';
import { isNoSuchFile, parseDir, parseVerify } from './parse-flash.js';
import { operationInProgress, parseInstallSummary, type InstallSummary } from './parse-install.js';
import { factsOf, parseShowVersion, type ShowVersion } from './parse-version.js';

export type HashAlgorithm = 'md5' | 'sha512';

/** Where images go: the flash every Catalyst 9000 has under that name. */
export const FLASH = 'flash:';

/** One IOS-XE box as its commands: logs in, and answers with values instead of text. */
export class IosXeBox {
  /** The key of the first connection: a second one must meet the same box, also under `tofu`. */
  private learned: string | null;
  private session: CliSession | null = null;

  private constructor(
    readonly device: Device,
    readonly io: DriverIo,
    readonly timing: IosXeTiming,
    private readonly transcript: ((text: string) => void) | undefined,
  ) {
    this.learned = device.hostKey;
  }

  /** Logs in and gets privileges. Throws `unreachable`, `auth_failed`, `host_key_…`, or `prompt_timeout`. */
  static async open(
    device: Device,
    io: DriverIo,
    timing: IosXeTiming,
    transcript?: (text: string) => void,
  ): Promise<IosXeBox> {
    const box = new IosXeBox(device, io, timing, transcript);
    box.session = await box.logIn();
    return box;
  }

  /** Another connection to the same box: for a copy, or to look while the first one is busy. */
  async connect(): Promise<SshConnection> {
    const { io } = this;
    const pinned = { ...this.device, hostKey: this.learned };
    const learning: DriverIo = {
      signal: io.signal,
      step: io.step,
      log: (text) => io.log(text),
      progress: (done, total) => io.progress(done, total),
      learnHostKey: async (fingerprint) => {
        await io.learnHostKey(fingerprint);
        this.learned = fingerprint;
      },
    };
    return SshConnection.open(pinned, learning, { connectTimeoutMs: this.timing.connectMs });
  }

  async logIn(): Promise<CliSession> {
    const connection = await this.connect();
    try {
      const { commandMs, quietMs } = this.timing;
      const session = await CliSession.open(connection, { commandMs, quietMs, transcript: this.transcript });
      await this.enable(session);
      return session;
    } catch (error) {
      await connection.close();
      throw error;
    }
  }

  get cli(): CliSession {
    if (!this.session) throw new DriverError('connection_lost', 'The session is closed');
    return this.session;
  }

  /** A session that only waited may have run into the box's idle limit meanwhile. */
  async reviveIfLost(): Promise<void> {
    const lost = this.session?.lost;
    if (!lost) return;
    if (lost.code === 'aborted') throw lost;
    this.session = await this.logIn();
  }

  run(command: string, options?: RunOptions): Promise<string> {
    return this.cli.run(command, options);
  }

  log(text: string): void {
    this.io.log(this.cli.shown(text));
  }

  async showVersion(): Promise<ShowVersion> {
    const version = parseShowVersion(await this.run('show version'));
    if (version.version === null)
      throw new DriverError('unsupported', 'This is no IOS-XE: `show version` names no version');
    return version;
  }

  async facts(): Promise<DeviceFacts> {
    const version = await this.showVersion();
    const clock = await this.run('show clock', { mayFail: true });
    return factsOf(version, clock, this.device.hostname, new Date());
  }

  async installSummary(): Promise<InstallSummary> {
    return parseInstallSummary(await this.run('show install summary'));
  }

  /** The install operation that runs on the box now, whoever started it. */
  async operation(): Promise<string | null> {
    return operationInProgress(await this.run('show install log', { mayFail: true, timeoutMs: this.timing.dirMs }));
  }

  /** The size of a file on the flash, or null where there is none. */
  async fileSize(filename: string, session = this.cli): Promise<number | null> {
    const path = `${FLASH}${assertSafeFilename(filename)}`;
    const output = await session.run(`dir ${path}`, { mayFail: true, timeoutMs: this.timing.dirMs });
    if (isNoSuchFile(output)) return null;
    const found = parseDir(output).files.find((file) => file.name === filename);
    if (found) return found.size;
    throw new DriverError(
      'command_rejected',
      `"dir ${path}" was not understood: ${failureLine(output) ?? 'no file in the output'}`,
    );
  }

  async hash(filename: string, algorithm: HashAlgorithm): Promise<string> {
    const path = `${FLASH}${assertSafeFilename(filename)}`;
    const output = await this.run(`verify /${algorithm} ${path}`, { timeoutMs: this.timing.verifyMs });
    const hash = parseVerify(output);
    if (hash === null) throw new DriverError('command_rejected', `"verify /${algorithm} ${path}" gave no hash`);
    return hash;
  }

  async deleteFile(filename: string): Promise<void> {
    await this.run(`delete /force ${FLASH}${assertSafeFilename(filename)}`, { timeoutMs: this.timing.dirMs });
    this.log(`Deleted ${FLASH}${filename}`);
  }

  async saveConfiguration(): Promise<void> {
    const answers: Answer[] = [{ question: /\[confirm\]$/, reply: () => '\r' }];
    const output = await this.run('write memory', { timeoutMs: this.timing.saveMs, answers });
    if (!/\[OK\]/.test(output))
      throw new DriverError('command_rejected', 'The configuration could not be saved: no [OK]');
    this.log('Configuration saved');
  }

  /** Is the whole image there? Says so only after the box has computed its hash. */
  async hasVerified(image: DeviceImage): Promise<boolean> {
    const size = await this.fileSize(image.filename);
    if (size === null || size !== image.sizeBytes) return false;
    const expected = expectedHash(image);
    return expected === null || (await this.hash(image.filename, expected.algorithm)) === expected.hex;
  }

  async close(): Promise<void> {
    const session = this.session;
    this.session = null;
    await session?.close();
  }

  private async enable(session: CliSession): Promise<void> {
    if (session.isPrivileged) return;
    const { secret } = this.device;
    let given = 0;
    const answer: Answer = {
      question: /^Password: ?$/i,
      reply: () => {
        given += 1;
        // Ctrl-C and empty lines: a second guess would only be the same one.
        return given === 1 && secret !== null ? `${secret}\r` : '\r';
      },
    };
    await session.run('enable', { answers: [answer], mayFail: true });
    if (session.isPrivileged) return;
    const reason =
      secret === null ? 'the device asks for an enable secret and none is stored' : 'the enable secret was refused';
    throw new DriverError('auth_failed', `${this.device.hostname}: no privileges: ${reason}`);
  }
}

/** The hash the box can check itself: IOS-XE knows md5 and sha512. Null when the image has neither. */
export function expectedHash(image: DeviceImage): { algorithm: HashAlgorithm; hex: string } | null {
  if (image.md5) return { algorithm: 'md5', hex: image.md5.toLowerCase() };
  if (image.sha512) return { algorithm: 'sha512', hex: image.sha512.toLowerCase() };
  return null;
}
