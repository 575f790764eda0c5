import type { BootDevice, BootHost, HostFacts, PowerChange, PowerState } from './boot-host.js';
import { HostPower } from './host-power.js';
import { PoweredBootHostDriver } from './powered-boot-host-driver.js';

const HOST = { hostname: 'n1' } as BootHost;
const SIGNAL = new AbortController().signal;
const DEPLOY = { id: 'o', act: 'deploy' } as const;
const RELEASE = { id: 'o', act: 'release' } as const;

/** A controller that does as it is told. */
class Controller extends HostPower {
  readonly type = 'test';
  state: PowerState = 'on';
  readonly calls: string[] = [];

  identify(): Promise<HostFacts> {
    return Promise.reject(new Error('not asked here'));
  }

  powerState(): Promise<PowerState> {
    return Promise.resolve(this.state);
  }

  async setPower(_host: BootHost, change: PowerChange): Promise<void> {
    this.calls.push(change);
    this.state = change === 'off' ? 'off' : 'on';
  }

  async setBootDevice(_host: BootHost, device: BootDevice): Promise<void> {
    this.calls.push(device);
  }
}

describe('a machine of which only the controller is there', () => {
  it('is switched off, set to the network and switched on to be deployed', async () => {
    const power = new Controller();
    const driver = new PoweredBootHostDriver(power);
    await driver.prepare(HOST, DEPLOY, SIGNAL);
    expect(power.calls).toEqual(['off', 'pxe']);
    expect((await driver.look(HOST, DEPLOY, SIGNAL)).state).toBe('untouched');
    await driver.begin(HOST, DEPLOY, SIGNAL);
    expect(power.calls).toEqual(['off', 'pxe', 'on']);
    expect(await driver.look(HOST, DEPLOY, SIGNAL)).toMatchObject({
      state: 'done',
      statusName: 'Deployed',
      power: 'on',
    });
  });

  it('is switched off to be released', async () => {
    const power = new Controller();
    const driver = new PoweredBootHostDriver(power);
    await driver.prepare(HOST, RELEASE, SIGNAL);
    expect((await driver.look(HOST, RELEASE, SIGNAL)).state).toBe('untouched');
    await driver.begin(HOST, RELEASE, SIGNAL);
    expect(power.calls).toEqual(['hdd', 'off']);
    expect(await driver.look(HOST, RELEASE, SIGNAL)).toMatchObject({ state: 'done', statusName: 'Ready' });
  });

  it('is asked again while its controller does not say how it is', async () => {
    const power = new Controller();
    power.state = 'unknown';
    const look = await new PoweredBootHostDriver(power).look(HOST, DEPLOY, SIGNAL);
    expect(look).toMatchObject({ state: 'in_progress', statusName: 'Deploying' });
  });
});
