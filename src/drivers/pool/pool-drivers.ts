import { Injectable, Logger } from '@nestjs/common';
import { PoolDriver, PoolError, type PoolProvider, type PoolProviderSettings } from './pool-provider.js';

/** The drivers there are, by the word in a provider's `driver:` key. */
@Injectable()
export class PoolDrivers {
  private readonly logger = new Logger('Nodepool');
  private readonly drivers: ReadonlyMap<string, PoolDriver>;
  private readonly announced = new Set<string>();

  constructor(drivers: readonly PoolDriver[]) {
    this.drivers = new Map(drivers.map((driver) => [driver.name, driver]));
    if (this.drivers.size !== drivers.length) throw new Error('Two pool drivers have the same name');
  }

  open(settings: PoolProviderSettings): PoolProvider {
    const driver = this.drivers.get(settings.driver);
    if (!driver) throw new PoolError('bad_request', `${settings.name}: there is no driver named ${settings.driver}`);
    this.announceFake(settings);
    return driver.open(settings);
  }

  /** A fake must never be taken for a cloud: said when the pool starts, and of each provider that turns up later. */
  private announceFake({ name, driver }: PoolProviderSettings): void {
    if (driver !== 'fake' || this.announced.has(name)) return;
    this.announced.add(name);
    this.logger.warn(`The provider ${name} uses the driver "fake": it starts no servers and stores no images`);
  }
}
