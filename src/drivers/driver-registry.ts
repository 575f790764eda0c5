import type { DeviceDriver } from './device-driver.js';

/** The drivers there are, by the word in a device's `platform` field. */
export class DriverRegistry {
  private readonly drivers: ReadonlyMap<string, DeviceDriver>;

  constructor(drivers: readonly DeviceDriver[]) {
    this.drivers = new Map(drivers.map((driver) => [driver.platform, driver]));
    if (this.drivers.size !== drivers.length) throw new Error('Two drivers have the same platform');
  }

  find(platform: string): DeviceDriver | undefined {
    return this.drivers.get(platform);
  }

  get platforms(): string[] {
    return [...this.drivers.keys()];
  }
}
