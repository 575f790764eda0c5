import {
  DriverError,
  type ActivationState,
  type Baseline,
  type CheckResult,
  type DeviceFacts,
  type DeviceImage,
  type DeviceSession,
} from '../device-driver.js';
import { judgeActivation } from './activation-judgement.js';
import { removeInactive } from './cleanup.js';
import { activateImage, commitImage, rollBack } from './install.js';
import type { IosXeBox } from './iosxe-box.js';
import { newestRollbackId } from './parse-install.js';
import { bootTimeOf } from './parse-version.js';
import { checkReadiness } from './readiness.js';
import { comparable, DEFAULT_SNAPSHOT, isForbidden, isReadOnly } from './snapshot-text.js';
import { transferImage } from './transfer.js';

/** One login on one IOS-XE box, step by step. Whatever must survive the process is in the arguments. */
export class IosXeSession implements DeviceSession {
  constructor(private readonly box: IosXeBox) {}

  facts(): Promise<DeviceFacts> {
    return this.box.facts();
  }

  readiness(image: DeviceImage, options: { cleanupFlash: boolean }): Promise<CheckResult[]> {
    return checkReadiness(this.box, image, options);
  }

  cleanup(image: DeviceImage): Promise<string[]> {
    return removeInactive(this.box, image);
  }

  hasImage(image: DeviceImage): Promise<boolean> {
    return this.box.hasVerified(image);
  }

  transfer(image: DeviceImage): Promise<void> {
    return transferImage(this.box, image);
  }

  /** Only commands that look; no commands at all: neighbours and interfaces. */
  async snapshot(commands: Readonly<Record<string, string>>): Promise<Record<string, string>> {
    const wanted = Object.keys(commands).length === 0 ? DEFAULT_SNAPSHOT : commands;
    const taken: Record<string, string> = {};
    for (const [name, command] of Object.entries(wanted)) {
      // A custom step's own command was written by whoever made the workflow, who may want to clear a counter.
      const isOwn = this.box.io.step.config['command'] === command && !isForbidden(command);
      if (!isReadOnly(command) && !isOwn) {
        throw new DriverError(
          'command_rejected',
          `Check "${name}": only show, dir, more and ping may be run, not "${command}"`,
        );
      }
      taken[name] = comparable(command, await this.box.run(command, { timeoutMs: this.box.timing.dirMs }));
    }
    return taken;
  }

  async baseline(_image: DeviceImage): Promise<Baseline> {
    if (this.box.io.step.config['save_config'] !== false) await this.box.saveConfiguration();
    const facts = await this.box.facts();
    const rollback = newestRollbackId(await this.box.run('show install rollback', { mayFail: true }));
    return {
      version: facts.version,
      bootTime: facts.bootTime?.toISOString() ?? null,
      bootImage: facts.bootImage,
      rollbackPoint: rollback === null ? null : String(rollback),
      sentAt: null,
    };
  }

  activate(
    image: DeviceImage,
    _baseline: Baseline,
    beforeIrreversible: () => Promise<void>,
  ): Promise<'reloading' | 'done'> {
    return activateImage(this.box, image, beforeIrreversible);
  }

  /** A box that goes away while it answers is on its way: `in_progress`. */
  async activationState(image: DeviceImage, baseline: Baseline): Promise<ActivationState> {
    try {
      return await this.judge(image, baseline);
    } catch (error) {
      if (!(error instanceof DriverError) || !error.retryable) throw error;
      return { state: 'in_progress', message: `The device does not answer: ${error.message}`, version: null };
    }
  }

  commit(image: DeviceImage): Promise<void> {
    return commitImage(this.box, image);
  }

  rollback(baseline: Baseline, beforeIrreversible: () => Promise<void>): Promise<'reloading' | 'done'> {
    return rollBack(this.box, baseline, beforeIrreversible);
  }

  close(): Promise<void> {
    return this.box.close();
  }

  private async judge(image: DeviceImage, baseline: Baseline): Promise<ActivationState> {
    const { box } = this;
    const operation = await box.operation();
    const version = await box.showVersion();
    const clock = await box.run('show clock', { mayFail: true });
    const bootTime = bootTimeOf(version, clock, new Date());
    const summary = await box.installSummary();
    return judgeActivation(image, baseline, {
      version: version.version ?? '',
      bootTime,
      isBootTimeExact: version.restartedAt !== null,
      summary,
      // An operation may have ended, or begun, between the questions; one that was seen counts.
      operation: operation ?? (await box.operation()),
      now: new Date(),
      settleMs: box.timing.settleMs,
    });
  }
}
