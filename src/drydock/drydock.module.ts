import { Module } from '@nestjs/common';
import { BootDataModule } from './bootdata/bootdata.module.js';
import { DesignsModule } from './designs/designs.module.js';
import { HostsModule } from './hosts/hosts.module.js';
import { TargetsModule } from './targets/targets.module.js';
import { TasksModule } from './tasks/tasks.module.js';
import { WireModule } from './wire/wire.module.js';

/** The Drydock dialect: designs, tasks, boot data and boot actions of bare-metal nodes. */
@Module({ imports: [BootDataModule, DesignsModule, HostsModule, TargetsModule, TasksModule, WireModule] })
export class DrydockModule {}
