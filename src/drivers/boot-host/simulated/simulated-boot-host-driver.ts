import { createHash } from 'node:crypto';
import { DriverError } from '../../device-driver.js';
import type { BootDevice, BootHost, HostFacts, PowerChange } from '../boot-host.js';
import { BootHostDriver, type HostAspect, type HostLook, type HostOrder } from '../boot-host-driver.js';
import { begun, lookAt, newSimulatedHost, type SimulatedHost } from './simulated-host.js';
import type { SimulatedHostsStore } from './simulated-hosts.store.js';

/** Machines that exist only as rows: for demonstrations, and for the tests of everything above the drivers. */
export class SimulatedBootHostDriver extends BootHostDriver {
  readonly name = 'simulated';
  readonly pollMs = 200;

  constructor(private readonly store: SimulatedHostsStore) {
    super();
  }

  async identify(host: BootHost): Promise<HostFacts> {
    assertWorks(host, 'identify');
    const { power } = await this.changed(host, (known) => known);
    const size = createHash('sha256').update(host.hostname).digest();
    const memoryMib = 32_768 * (1 + (size[0]! % 4));
    const cpuCount = 8 * (1 + (size[1]! % 4));
    return {
      power,
      powerAddress: host.oobAddress,
      memoryMib,
      cpuCount,
      bootMac: host.bootMac ?? macOf(size),
      bootIp: host.bootIp,
      details: { driver: this.name, memory_mib: memoryMib, cpu_count: cpuCount, power },
    };
  }

  async setBootDevice(host: BootHost, device: BootDevice): Promise<void> {
    assertWorks(host, 'boot_device');
    await this.changed(host, (known) => ({ ...known, bootDevice: device }));
  }

  async setPower(host: BootHost, change: PowerChange): Promise<void> {
    assertWorks(host, 'power');
    await this.changed(host, (known) => ({ ...known, power: change === 'off' ? 'off' : 'on' }));
  }

  async configure(host: BootHost, aspect: HostAspect): Promise<string> {
    assertWorks(host, aspect);
    await this.changed(host, (known) => known);
    return `The simulated host has its ${aspect}`;
  }

  async prepare(host: BootHost, { act }: HostOrder): Promise<void> {
    await this.changed(host, (known) => ({ ...known, bootDevice: act === 'release' ? 'hdd' : 'pxe' }));
  }

  async begin(host: BootHost, order: HostOrder): Promise<void> {
    let isBusy = false;
    await this.changed(host, (known) => {
      const next = begun(known, order, host.simulation, new Date());
      isBusy = next === null;
      return next ?? known;
    });
    if (isBusy) throw new DriverError('command_rejected', 'The simulated host is busy with something else');
  }

  async look(host: BootHost, order: HostOrder): Promise<HostLook> {
    return lookAt(await this.changed(host, (known) => known), order, new Date());
  }

  private async changed(host: BootHost, change: (host: SimulatedHost) => SimulatedHost): Promise<SimulatedHost> {
    const changed = await this.store.change(host.hostname, (known) => change(known ?? newSimulatedHost(host.hostname)));
    if (!changed) throw new DriverError('unreachable', 'The simulated host is gone');
    return changed;
  }
}

function assertWorks({ simulation }: BootHost, part: string): void {
  if (simulation.failing !== part) return;
  throw new DriverError('command_rejected', `The simulated host was told to fail its ${part}`);
}

/** Locally administered, as QEMU's are. */
function macOf(bytes: Buffer): string {
  return ['52', '54', '00', ...[2, 3, 4].map((at) => bytes[at]!.toString(16).padStart(2, '0'))].join(':');
}
