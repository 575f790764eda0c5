import type { BootDevice, BootHost, HostFacts, PowerChange } from './boot-host.js';
import {
  BootHostDriver,
  type HostAct,
  type HostAspect,
  type HostLook,
  type HostOrder,
  type HostStatusName,
} from './boot-host-driver.js';
import type { HostPower } from './host-power.js';

const DONE: Readonly<Record<HostAct, HostStatusName>> = {
  commission: 'Ready',
  deploy: 'Deployed',
  release: 'Ready',
};

const UNDER_WAY: Readonly<Record<HostAct, HostStatusName>> = {
  commission: 'Commissioning',
  deploy: 'Deploying',
  release: 'Releasing',
};

/**
 * Machines of which nothing but the controller can be reached. Deploying one is to start it from the network, and what
 * the installation came to is for its boot actions to report. An act is a change of power that can be told from outside
 * (off before, on after), so that a second look can say whether it was done.
 */
export class PoweredBootHostDriver extends BootHostDriver {
  readonly pollMs = 5_000;

  constructor(private readonly power: HostPower) {
    super();
  }

  get name(): string {
    return this.power.type;
  }

  identify(host: BootHost, signal: AbortSignal): Promise<HostFacts> {
    return this.power.identify(host, signal);
  }

  setBootDevice(host: BootHost, device: BootDevice, signal: AbortSignal): Promise<void> {
    return this.power.setBootDevice(host, device, signal);
  }

  setPower(host: BootHost, change: PowerChange, signal: AbortSignal): Promise<void> {
    return this.power.setPower(host, change, signal);
  }

  /** There is nobody on the machine to configure it: what its installer does is in its boot data. */
  async configure(_host: BootHost, aspect: HostAspect): Promise<string> {
    return `The ${aspect} is left to what the host boots`;
  }

  async prepare(host: BootHost, { act }: HostOrder, signal: AbortSignal): Promise<void> {
    if (act === 'deploy') await this.power.setPower(host, 'off', signal);
    await this.power.setBootDevice(host, act === 'deploy' ? 'pxe' : 'hdd', signal);
  }

  async begin(host: BootHost, { act }: HostOrder, signal: AbortSignal): Promise<void> {
    if (act === 'deploy') await this.power.setPower(host, 'on', signal);
    if (act === 'release') await this.power.setPower(host, 'off', signal);
  }

  async look(host: BootHost, { act }: HostOrder, signal: AbortSignal): Promise<HostLook> {
    const power = await this.power.powerState(host, signal);
    const wanted = act === 'commission' ? power : act === 'deploy' ? 'on' : 'off';
    if (power === 'unknown' && act !== 'commission') {
      return {
        state: 'in_progress',
        message: 'The controller does not say',
        statusName: UNDER_WAY[act],
        power,
        fraction: 0,
      };
    }
    if (power === wanted)
      return { state: 'done', message: `Power is ${power}`, statusName: DONE[act], power, fraction: 1 };
    return { state: 'untouched', message: `Power is ${power}`, statusName: UNDER_WAY[act], power, fraction: 0 };
  }
}
