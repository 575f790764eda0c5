import { Module } from '@nestjs/common';
import { DriverRegistry } from './driver-registry.js';
import { IosXeDriver } from './iosxe/iosxe-driver.js';
import { LinuxDriver } from './linux/linux-driver.js';
import { NodeHostDrivers } from './node-host/node-host-drivers.js';
import { SshNodeHostDriver } from './node-host/ssh-node-host.js';
import { SimulatedDriver } from './simulated/simulated-driver.js';

/** A new technology is added to this list and nowhere else. */
@Module({
  providers: [
    {
      provide: DriverRegistry,
      useFactory: () => new DriverRegistry([new IosXeDriver(), new LinuxDriver(), new SimulatedDriver()]),
    },
    { provide: NodeHostDrivers, useFactory: () => new NodeHostDrivers(new SshNodeHostDriver()) },
  ],
  exports: [DriverRegistry, NodeHostDrivers],
})
export class DriversModule {}
