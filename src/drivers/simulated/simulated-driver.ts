import { setTimeout as delay } from 'node:timers/promises';
import {
  DeviceDriver,
  DriverError,
  type ActivationState,
  type Baseline,
  type CheckResult,
  type Device,
  type DeviceFacts,
  type DeviceImage,
  type DeviceSession,
  type DriverIo,
} from '../device-driver.js';

const DEFAULT_STEP_MS = 50;
const PROGRESS_TICKS = 10;

/**
 * A device that exists only as its `simulation` object: for demonstrations, load and the tests of everything above the
 * drivers. It has no memory; what it "is" follows from the inventory and from the baseline the caller stored.
 */
export class SimulatedDriver extends DeviceDriver {
  readonly platform = 'simulated';

  async open(device: Device, io: DriverIo): Promise<DeviceSession> {
    return new SimulatedSession(device, io);
  }
}

class SimulatedSession implements DeviceSession {
  private worked = false;

  constructor(
    private readonly device: Device,
    private readonly io: DriverIo,
  ) {}

  async facts(): Promise<DeviceFacts> {
    const { hostname, model, serial, version } = this.device;
    return { hostname, model, serial, version: version ?? '', bootImage: null, bootTime: null };
  }

  async readiness(): Promise<CheckResult[]> {
    await this.work();
    return [{ name: 'simulated', status: 'pass', message: 'a simulated device is always ready' }];
  }

  async cleanup(): Promise<string[]> {
    return [];
  }

  async hasImage(): Promise<boolean> {
    return false;
  }

  async transfer(image: DeviceImage): Promise<void> {
    await this.work((part) => this.io.progress(Math.floor(part * image.sizeBytes), image.sizeBytes));
  }

  async snapshot(commands: Readonly<Record<string, string>>): Promise<Record<string, string>> {
    await this.work();
    return Object.fromEntries(Object.keys(commands).map((name) => [name, 'simulated']));
  }

  async baseline(): Promise<Baseline> {
    return { version: this.device.version ?? '', bootTime: null, bootImage: null, rollbackPoint: null, sentAt: null };
  }

  async activate(
    _image: DeviceImage,
    _baseline: Baseline,
    beforeIrreversible: () => Promise<void>,
  ): Promise<'reloading' | 'done'> {
    await this.work();
    await beforeIrreversible();
    if (this.device.simulation.lie) {
      throw new DriverError('install_failed', 'the simulated device reported an error, though it did the work');
    }
    return 'done';
  }

  async activationState(image: DeviceImage, baseline: Baseline): Promise<ActivationState> {
    const version = baseline.sentAt === null ? baseline.version : image.version;
    return baseline.sentAt === null
      ? { state: 'untouched', message: 'no activation was sent', version }
      : { state: 'active', message: `runs ${version}`, version };
  }

  async commit(): Promise<void> {}

  async rollback(_baseline: Baseline, beforeIrreversible: () => Promise<void>): Promise<'reloading' | 'done'> {
    await beforeIrreversible();
    return 'done';
  }

  async close(): Promise<void> {}

  /** The time a step takes, once per session, and the two ways it can go wrong. */
  private async work(onPart?: (part: number) => void): Promise<void> {
    if (this.worked) return;
    this.worked = true;
    const { step_ms: stepMs = DEFAULT_STEP_MS, fail_step: failStep, hang_step: hangStep } = this.device.simulation;
    if (hangStep === this.io.step.name) await this.hang();
    const ticks = onPart && stepMs > 0 ? PROGRESS_TICKS : 1;
    for (let tick = 1; tick <= ticks; tick += 1) {
      if (stepMs > 0) await delay(stepMs / ticks, undefined, { signal: this.io.signal });
      onPart?.(tick / ticks);
    }
    if (failStep === this.io.step.name) throw new DriverError('command_rejected', `${failStep} failed as simulated`);
  }

  private hang(): Promise<never> {
    return new Promise((_resolve, reject) => {
      const give = (): void => reject(new DriverError('aborted', 'given up while the simulated device hung'));
      if (this.io.signal.aborted) give();
      this.io.signal.addEventListener('abort', give, { once: true });
    });
  }
}
