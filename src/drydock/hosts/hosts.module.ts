import { Module } from '@nestjs/common';
import { BootHostDriversModule } from '../../drivers/boot-host/boot-host-drivers.module.js';
import { WireModule } from '../wire/wire.module.js';
import { NodesController } from './api/nodes.controller.js';
import { BootHosts } from './boot-hosts.service.js';
import { SqlSimulatedHostsStore } from './sql-simulated-hosts.store.js';

/** Machines: what drives them, and what is known of them. */
@Module({
  imports: [BootHostDriversModule.with(SqlSimulatedHostsStore), WireModule],
  controllers: [NodesController],
  providers: [BootHosts],
  exports: [BootHosts, BootHostDriversModule],
})
export class HostsModule {}
