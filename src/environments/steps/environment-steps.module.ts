import { Module } from '@nestjs/common';
import { join } from 'node:path';
import { Config } from '../../config/config.js';
import { DriversModule } from '../../drivers/drivers.module.js';
import { HttpCaller } from '../../drivers/http-call/http-caller.js';
import { NodeHostDrivers } from '../../drivers/node-host/node-host-drivers.js';
import { ServerLeaseRegistry } from '../../drivers/pool/server-leases.js';
import { ServerLeasesModule } from '../../drivers/pool/server-leases.module.js';
import { ShellCommands } from '../../drivers/shell/shell-commands.js';
import { StepDrivers } from './step-drivers.js';

/** What the steps of workflows act through, made from the settings. */
@Module({
  imports: [DriversModule, ServerLeasesModule],
  providers: [
    {
      provide: StepDrivers,
      useFactory: stepDrivers,
      inject: [Config, NodeHostDrivers, ServerLeaseRegistry],
    },
  ],
  exports: [StepDrivers],
})
export class EnvironmentStepsModule {}

function stepDrivers(config: Config, hosts: NodeHostDrivers, leases: ServerLeaseRegistry): StepDrivers {
  const { environmentsShellUser, environmentsHttpAllow, environmentsSshUsername, environmentsSshKeyFile } =
    config.values;
  return new StepDrivers(
    new ShellCommands({ folder: join(config.dataDir, 'environments'), user: environmentsShellUser }),
    new HttpCaller({ allow: environmentsHttpAllow }),
    hosts.ssh,
    leases,
    { username: environmentsSshUsername, keyFile: environmentsSshKeyFile },
  );
}
