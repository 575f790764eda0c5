import { type DynamicModule, Module, type Type } from '@nestjs/common';
import { Config } from '../../config/config.js';
import { RedfishPower } from '../redfish/redfish-power.js';
import { BootHostDrivers } from './boot-host-drivers.js';
import { PoweredBootHostDriver } from './powered-boot-host-driver.js';
import { SimulatedBootHostDriver } from './simulated/simulated-boot-host-driver.js';
import { SimulatedHostsStore } from './simulated/simulated-hosts.store.js';

/** A new kind of controller is added to this list and nowhere else. */
@Module({})
export class BootHostDriversModule {
  /** The store is the domain's: drivers know no database. */
  static with(store: Type<SimulatedHostsStore>): DynamicModule {
    return {
      module: BootHostDriversModule,
      providers: [
        { provide: SimulatedHostsStore, useClass: store },
        {
          provide: BootHostDrivers,
          useFactory: (hosts: SimulatedHostsStore, config: Config) =>
            new BootHostDrivers(
              [new PoweredBootHostDriver(new RedfishPower())],
              config.values.drydockNodeDriver === 'simulated' ? new SimulatedBootHostDriver(hosts) : null,
            ),
          inject: [SimulatedHostsStore, Config],
        },
      ],
      exports: [BootHostDrivers, SimulatedHostsStore],
    };
  }
}
