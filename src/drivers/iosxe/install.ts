import { assertSafeFilename, DriverError, type Baseline, type DeviceImage } from '../device-driver.js';
import { isSameRelease } from './activation-judgement.js';
import type { Answer } from './cli-session.js';
import { FLASH, type IosXeBox } from './iosxe-box.js';
import { failedLine, hasSucceeded, packagesToActivate, type InstallRow, type InstallSummary } from './parse-install.js';
import { pause } from './pause.js';

/** Minutes after which a box that nobody can reach any more goes back by itself. */
const AUTO_ABORT_MINUTES = 120;

const PROCEED = /(?:Do you want to proceed|want to continue)\?? ?\[y\/n\]:? ?$/i;
const REFUSE_ANYTHING_ELSE = /\[y\/n(?:\/q)?\]:? ?$/i;

type Outcome = 'reloading' | 'done';

/**
 * Installs the image (spec upgrade sections 3.4 and 5.1): `install add`, then `install activate` with an auto-abort
 * timer, so that a box that comes back unreachable goes back by itself; or all in one with `commit: "immediate"`.
 * May be called again after a crash at any moment: it looks at what is done already.
 */
export async function activateImage(
  box: IosXeBox,
  image: DeviceImage,
  beforeIrreversible: () => Promise<void>,
): Promise<Outcome> {
  await waitForOperation(box);
  const version = (await box.showVersion()).version ?? '';
  const summary = await box.installSummary();
  if (findRow(summary, 'U', image.version)) return alreadyActivated(box, image, version);
  if (isSameRelease(version, image.version)) return 'done';
  const open = summary.rows.find((row) => row.state === 'U' || row.state === 'D');
  if (open) {
    throw new DriverError(
      'install_failed',
      `${open.version} is in state ${open.state}: commit or abort it before another installation`,
    );
  }
  const file = `${FLASH}${assertSafeFilename(image.filename)}`;
  const operation = new InstallOperation(box, image, beforeIrreversible);
  if (box.io.step.config['commit'] === 'immediate') {
    return operation.reloadBy(`install add file ${file} activate commit`);
  }
  if (findRow(summary, 'I', image.version)) box.log(`${image.version} was added before`);
  else await addImage(box, image, file);
  return operation.reloadBy(`install activate auto-abort-timer ${minutesOf(box.io.step.config['auto_abort_minutes'])}`);
}

function alreadyActivated(box: IosXeBox, image: DeviceImage, running: string): Outcome {
  if (isSameRelease(running, image.version)) return 'done';
  box.log(`${image.version} is activated already, the reload is still to come`);
  return 'reloading';
}

/** The box takes 30 to 1200 minutes. */
function minutesOf(config: unknown): number {
  const isValid = typeof config === 'number' && Number.isInteger(config) && config >= 30 && config <= 1200;
  return isValid ? config : AUTO_ABORT_MINUTES;
}

function findRow(summary: InstallSummary, state: InstallRow['state'], version: string): InstallRow | undefined {
  return summary.rows.find((row) => row.type === 'IMG' && row.state === state && isSameRelease(row.version, version));
}

/** An operation that an earlier process began goes on without it. */
export async function waitForOperation(box: IosXeBox): Promise<void> {
  const deadline = Date.now() + box.timing.installMs;
  for (let said = false; ; said = true) {
    const operation = await box.operation();
    if (operation === null) return;
    if (!said) box.log(`Waiting for an install operation in progress: ${operation}`);
    if (Date.now() > deadline) throw new DriverError('prompt_timeout', `${operation} does not end`);
    if (!(await pause(box.timing.pollMs, box.io.signal)))
      throw new DriverError('aborted', 'Stopped while waiting for an install operation');
  }
}

async function addImage(box: IosXeBox, image: DeviceImage, file: string): Promise<void> {
  const output = await runInstall(box, `install add file ${file}`, []);
  assertNotFailed(output);
  if (!hasSucceeded(output)) throw new DriverError('install_failed', '`install add` did not say SUCCESS');
  const added = /Image added\. Version: (\S+)/.exec(output)?.[1];
  if (added !== undefined && !isSameRelease(added, image.version)) {
    throw new DriverError('install_failed', `${image.filename} installs ${added}, expected ${image.version}`);
  }
}

function assertNotFailed(output: string): void {
  const failed = failedLine(output);
  if (failed !== null) throw new DriverError('install_failed', failed);
  const same = /^.*Same Image File-No Change.*$/m.exec(output)?.[0];
  if (same !== undefined) throw new DriverError('install_failed', `${same.trim()}: this image is installed already`);
}

function runInstall(box: IosXeBox, command: string, answers: readonly Answer[]): Promise<string> {
  box.log(`${command}`);
  return box.run(command, {
    timeoutMs: box.timing.installMs,
    idleMs: box.timing.installIdleMs,
    mayFail: true,
    answers: [...answers, { question: REFUSE_ANYTHING_ELSE, reply: (text) => refuse(box, text) }],
    onLine: (line) => box.log(line.trimEnd()),
  });
}

/** A question nobody foresaw gets a no: the box then says FAILED, and an operator reads why. */
function refuse(box: IosXeBox, outputSoFar: string): string {
  const question = outputSoFar.trimEnd().split('\n').at(-1) ?? '';
  box.log(`Answered no to: ${question}`);
  return /\/q\]/.test(question) ? 'q\r' : 'n\r';
}

/** One command that makes the box reload, with the moment of no return announced before the answer that causes it. */
class InstallOperation {
  private announced = false;
  private objection: unknown = null;

  constructor(
    private readonly box: IosXeBox,
    private readonly image: Pick<DeviceImage, 'version'> | null,
    private readonly beforeIrreversible: () => Promise<void>,
  ) {}

  async reloadBy(command: string, isSaved = false): Promise<Outcome> {
    let output: string;
    try {
      output = await runInstall(this.box, command, [{ question: PROCEED, reply: (text) => this.answer(text) }]);
    } catch (error) {
      return this.afterLoss(error);
    }
    if (this.objection !== null) throw this.objection;
    // Somebody may have configured the box since its configuration was saved: once more is fair, twice is a fault.
    if (!isSaved && !this.announced && /FAILED:.*configuration has been modified/i.test(output)) {
      await this.box.saveConfiguration();
      return this.reloadBy(command, true);
    }
    return this.conclude(output);
  }

  private async answer(outputSoFar: string): Promise<string> {
    try {
      this.assertRightPackages(outputSoFar);
      await this.beforeIrreversible();
    } catch (error) {
      this.objection = error;
      return 'n\r';
    }
    this.announced = true;
    return 'y\r';
  }

  private assertRightPackages(outputSoFar: string): void {
    const versions = packagesToActivate(outputSoFar).flatMap((name) => /\d+\.\d+\.\d+[a-z]?/.exec(name)?.[0] ?? []);
    const { image } = this;
    if (image === null || versions.length === 0 || versions.some((version) => isSameRelease(version, image.version)))
      return;
    throw new DriverError('install_failed', `The device would activate ${versions[0]}, expected ${image.version}`);
  }

  /** After the answer a lost session is what a reload looks like; whether it was one, `activationState` finds out. */
  private afterLoss(error: unknown): Outcome {
    const isLoss =
      error instanceof DriverError && ['connection_lost', 'prompt_timeout', 'unreachable'].includes(error.code);
    if (!this.announced || !isLoss) throw error;
    this.box.log(`The session ended after the answer: ${error.message}`);
    return 'reloading';
  }

  private async conclude(output: string): Promise<Outcome> {
    assertNotFailed(output);
    if (!hasSucceeded(output) && !this.announced) {
      throw new DriverError('install_failed', 'The device neither asked to proceed nor said SUCCESS');
    }
    // Some releases do not ask when no reload is needed; then this is the first moment to know that it happened.
    if (!this.announced) await this.beforeIrreversible();
    return 'reloading';
  }
}

/** `install commit`: stops the auto-abort timer for good. Nothing to do when nothing is uncommitted. */
export async function commitImage(box: IosXeBox, image: DeviceImage): Promise<void> {
  await waitForOperation(box);
  const version = (await box.showVersion()).version ?? '';
  if (!isSameRelease(version, image.version)) {
    throw new DriverError(
      'install_failed',
      `version mismatch: running ${version}, so ${image.version} cannot be committed`,
    );
  }
  const summary = await box.installSummary();
  if (!summary.rows.some((row) => row.state === 'U') && summary.abortsIn === null) {
    box.log(`${version} is committed already`);
    return;
  }
  const output = await runInstall(box, 'install commit', []);
  assertNotFailed(output);
  if (!hasSucceeded(output)) throw new DriverError('install_failed', '`install commit` did not say SUCCESS');
}

/** Back to what was committed, or, after a commit, to the rollback point of the baseline. */
export async function rollBack(
  box: IosXeBox,
  baseline: Baseline,
  beforeIrreversible: () => Promise<void>,
): Promise<Outcome> {
  await waitForOperation(box);
  const version = (await box.showVersion()).version ?? '';
  const summary = await box.installSummary();
  const isUncommitted = summary.rows.some((row) => row.state === 'U') || summary.abortsIn !== null;
  const isBack = isSameRelease(version, baseline.version);
  if (isBack && !isUncommitted) {
    box.log(`Running ${version} already, nothing to roll back`);
    return 'done';
  }
  const operation = new InstallOperation(box, null, beforeIrreversible);
  if (isBack) return operation.reloadBy('install abort');
  if (isUncommitted) return operation.reloadBy('install rollback to committed');
  if (baseline.rollbackPoint === null || !/^\d+$/.test(baseline.rollbackPoint)) {
    throw new DriverError(
      'install_failed',
      `${version} is committed and no rollback point is known; ${baseline.version} must be installed again`,
    );
  }
  return operation.reloadBy(`install rollback to id ${baseline.rollbackPoint}`);
}
