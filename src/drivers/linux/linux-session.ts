import { randomUUID } from 'node:crypto';
import { posix } from 'node:path';
import { assertSafeFilename, DriverError } from '../device-driver.js';
import type {
  ActivationState,
  Baseline,
  CheckResult,
  Device,
  DeviceFacts,
  DeviceImage,
  DeviceSession,
  DriverIo,
} from '../device-driver.js';
import { sameVersion } from '../version.js';
import { judgeActivation, parseRollbackPoint } from './activation-state.js';
import type { ActivationRules, RollbackPoint } from './activation-state.js';
import {
  environmentOf,
  linkCommand,
  restoreLinkCommand,
  runHostCommand,
  traceOf,
  verifiedVersion,
} from './host-command.js';
import { megabytes, parseBootTime } from './host-facts.js';
import { removable } from './image-manifest.js';
import type { FileInDirectory } from './image-manifest.js';
import { ImagePush } from './image-push.js';
import { checkDirectory, checkHashes, judgeIdentity, judgeSpace } from './linux-readiness.js';
import type { LinuxHost } from './linux-host.js';
import { outcomeOf } from './linux-host.js';
import { quote } from './shell-text.js';

const UNKNOWN_VERSION = 'unknown';
/** `<name>.part` must still be a file name. */
const LONGEST_FILENAME = 250;
const NO_IMAGE = { filename: '', version: '' };

export class LinuxSession implements DeviceSession {
  constructor(
    private readonly device: Device,
    private readonly io: DriverIo,
    private readonly host: LinuxHost,
  ) {}

  async facts(): Promise<DeviceFacts> {
    const hostname = (await this.host.run('uname -n')).trim();
    const state = await traceOf(this.host, '');
    const link = await this.host.currentLink();
    return {
      hostname,
      model: null,
      serial: null,
      version: (await this.versionNow(link, NO_IMAGE)) ?? UNKNOWN_VERSION,
      bootImage: link,
      bootTime: parseBootTime(state.bootSeconds),
    };
  }

  async readiness(image: DeviceImage, options: { cleanupFlash: boolean }): Promise<CheckResult[]> {
    checkName(image);
    const hostname = (await this.host.run('uname -n')).trim();
    const results: CheckResult[] = [
      { name: 'login', status: 'pass', message: `Logged in as ${this.device.username ?? ''}` },
      judgeIdentity(this.device, hostname),
    ];
    const directory = await checkDirectory(this.host);
    const tools = await checkHashes(this.host, image);
    results.push(directory, tools, await this.checkBusy());
    if (directory.status !== 'fail' && tools.status !== 'fail')
      results.push(await this.checkSpace(image, options.cleanupFlash));
    return results;
  }

  async cleanup(image: DeviceImage): Promise<string[]> {
    const files = await this.removableFiles(image);
    const sftp = await this.host.sftp();
    for (const file of files) {
      this.io.log(`Removing ${file.name} (${megabytes(file.sizeBytes)})`);
      await sftp.unlink(await this.host.pathOf(file.name));
    }
    const gone = new Set(files.map(({ name }) => name));
    if (gone.size > 0)
      await this.host.writeManifest((await this.host.manifest()).filter(({ filename }) => !gone.has(filename)));
    return [...gone];
  }

  async hasImage(image: DeviceImage): Promise<boolean> {
    return this.push(image).isThere();
  }

  async transfer(image: DeviceImage): Promise<void> {
    await this.push(image).run();
  }

  /** A check that fails or hangs is a result too: what counts is whether it is the same afterwards. */
  async snapshot(commands: Readonly<Record<string, string>>): Promise<Record<string, string>> {
    const texts: Record<string, string> = {};
    for (const [name, command] of Object.entries(commands)) {
      this.io.log(`Check ${name}`);
      texts[name] = this.host.connection.redact(await this.runCheck(command));
    }
    return texts;
  }

  async baseline(_image: DeviceImage): Promise<Baseline> {
    const state = await traceOf(this.host, '');
    if (state.isBusy) throw new DriverError('install_failed', 'An activation command is still running on the host');
    const facts = await this.facts();
    const point: RollbackPoint = { token: randomUUID(), bootId: state.bootId, link: facts.bootImage };
    return {
      version: facts.version,
      bootTime: facts.bootTime?.toISOString() ?? null,
      bootImage: facts.bootImage,
      rollbackPoint: JSON.stringify(point),
      sentAt: null,
    };
  }

  async activate(
    image: DeviceImage,
    baseline: Baseline,
    beforeIrreversible: () => Promise<void>,
  ): Promise<'reloading' | 'done'> {
    if (!(await this.hasImage(image))) {
      throw new DriverError(
        'install_failed',
        `${image.filename} is not on the host, or not whole: nothing was activated`,
      );
    }
    const { activate, verify } = this.device.commands;
    if (!activate) {
      await this.assertLinkIsOurs();
      await beforeIrreversible();
      await this.host.run(linkCommand(await this.host.directory(), image.filename));
      this.io.log(`current points at ${image.filename}`);
      return 'done';
    }
    await this.assertIdle();
    const environment = await environmentOf(this.host, image);
    const afterwards = verify ? null : linkCommand(environment.SLIPWAY_DIR, image.filename);
    if (afterwards !== null) await this.assertLinkIsOurs();
    await beforeIrreversible();
    this.io.log('Running the activate command');
    const { token } = parseRollbackPoint(baseline.rollbackPoint);
    return runHostCommand(this.host, this.io, { kind: 'activate', token, script: activate, environment, afterwards });
  }

  async activationState(image: DeviceImage, baseline: Baseline): Promise<ActivationState> {
    const { activate, verify } = this.device.commands;
    const state = await traceOf(this.host, parseRollbackPoint(baseline.rollbackPoint).token);
    const link = await this.host.currentLink();
    const isLinkRight =
      link !== null && (await this.host.resolveLink(link)) === (await this.host.pathOf(image.filename));
    const isQuiet = !state.isShuttingDown && state.trace?.isRunning !== true;
    const rules: ActivationRules = {
      hasActivateCommand: !!activate,
      hasVerifyCommand: !!verify,
      expectsReboot: this.io.step.config['expect_reboot'] === true,
    };
    return judgeActivation(
      image,
      baseline,
      {
        bootId: state.bootId,
        bootTime: parseBootTime(state.bootSeconds),
        isShuttingDown: state.isShuttingDown,
        link,
        isLinkVerified: isLinkRight && isQuiet && (await this.hasImage(image)),
        trace: state.trace,
        version: isQuiet ? await this.versionNow(link, image) : null,
      },
      rules,
    );
  }

  async commit(_image: DeviceImage): Promise<void> {
    // What runs on a host is permanent as it is.
  }

  async rollback(baseline: Baseline, beforeIrreversible: () => Promise<void>): Promise<'reloading' | 'done'> {
    const { activate, rollback, verify } = this.device.commands;
    const { token, link } = parseRollbackPoint(baseline.rollbackPoint);
    if (rollback) {
      await this.assertIdle();
      const filename = link === null ? '' : posix.basename(link);
      const environment = await environmentOf(this.host, { filename, version: baseline.version });
      const afterwards = verify ? null : restoreLinkCommand(environment.SLIPWAY_DIR, link);
      await beforeIrreversible();
      this.io.log('Running the rollback command');
      return runHostCommand(this.host, this.io, {
        kind: 'rollback',
        token,
        script: rollback,
        environment,
        afterwards,
      });
    }
    if (activate)
      throw new DriverError('unsupported', 'The device model has an activate command but no rollback command');
    await this.assertLinkIsOurs();
    if (link !== null) await this.assertOldImage(link);
    await beforeIrreversible();
    await this.host.run(restoreLinkCommand(await this.host.directory(), link));
    this.io.log(link === null ? 'current is removed, as before' : `current points at ${link} again`);
    return 'done';
  }

  async close(): Promise<void> {
    await this.host.connection.close();
  }

  private push(image: DeviceImage): ImagePush {
    checkName(image);
    return new ImagePush(this.host, this.io, image);
  }

  /** By the verify command, else by what was recorded for the file the link points at, if it still is that file. */
  private async versionNow(link: string | null, image: { filename: string; version: string }): Promise<string | null> {
    const { verify } = this.device.commands;
    if (verify) return verifiedVersion(this.host, this.io, verify, await environmentOf(this.host, image));
    return link === null ? null : this.host.recordedVersion(await this.host.resolveLink(link));
  }

  private async removableFiles(image: DeviceImage): Promise<FileInDirectory[]> {
    const entries = await this.host.manifest();
    const link = await this.host.currentLink();
    const version = await this.versionNow(link, image);
    const keep = new Set([image.filename, `${image.filename}.part`]);
    if (link !== null) keep.add(posix.basename(link));
    for (const entry of entries) if (version !== null && sameVersion(entry.version, version)) keep.add(entry.filename);
    const listed = await (await this.host.sftp()).readdir(await this.host.ensureDirectory());
    const files = listed.map(({ filename, attrs }) => ({
      name: filename,
      isRegular: attrs.isFile(),
      sizeBytes: attrs.size,
    }));
    return removable(entries, files, keep);
  }

  private async checkSpace(image: DeviceImage, mayCleanUp: boolean): Promise<CheckResult> {
    const path = await this.host.pathOf(image.filename);
    const isThere = await this.hasImage(image);
    const alreadyThere = isThere ? image.sizeBytes : ((await this.host.sizeOf(`${path}.part`)) ?? 0);
    const sizes = mayCleanUp ? (await this.removableFiles(image)).map(({ sizeBytes }) => sizeBytes) : null;
    return judgeSpace({
      free: await this.host.freeBytes(),
      imageBytes: image.sizeBytes,
      alreadyThere: isThere ? alreadyThere : Math.min(alreadyThere, image.sizeBytes - 1),
      removable: sizes?.reduce((sum, size) => sum + size, 0) ?? null,
    });
  }

  private async checkBusy(): Promise<CheckResult> {
    return (await traceOf(this.host, '')).isBusy
      ? { name: 'activation', status: 'fail', message: 'An activation command is still running on the host' }
      : { name: 'activation', status: 'pass', message: 'No activation is running' };
  }

  private async assertIdle(): Promise<void> {
    const { status, message } = await this.checkBusy();
    if (status === 'fail') throw new DriverError('install_failed', message);
  }

  private async assertLinkIsOurs(): Promise<void> {
    const stats = await (await this.host.sftp()).lstat(await this.host.pathOf('current'));
    if (stats !== null && !stats.isSymbolicLink()) {
      throw new DriverError('install_failed', `${await this.host.pathOf('current')} is not a link and is left alone`);
    }
  }

  private async assertOldImage(link: string): Promise<void> {
    if ((await this.host.sizeOf(await this.host.resolveLink(link))) === null) {
      throw new DriverError('install_failed', `The image before, ${link}, is gone: not rolled back`);
    }
  }

  private async runCheck(command: string): Promise<string> {
    try {
      const result = await this.host.connection.exec(`sh -c ${quote(command)}`, { timeoutMs: 60_000 });
      return result.code === 0 ? result.stdout : `${result.stdout}[${outcomeOf(result)}]\n`;
    } catch (error) {
      if (error instanceof DriverError && error.code === 'prompt_timeout') return '[no end within 60 s]\n';
      throw error;
    }
  }
}

function checkName(image: DeviceImage): void {
  assertSafeFilename(image.filename);
  if (image.filename.length > LONGEST_FILENAME)
    throw new DriverError('invalid_name', 'The file name is too long for a host');
}
