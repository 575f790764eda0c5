import { Module } from '@nestjs/common';
import { DriverRegistry } from './driver-registry.js';
import { SimulatedDriver } from './simulated/simulated-driver.js';

/** A new technology is added to this list and nowhere else. */
@Module({
  providers: [{ provide: DriverRegistry, useFactory: () => new DriverRegistry([new SimulatedDriver()]) }],
  exports: [DriverRegistry],
})
export class DriversModule {}
