import { Module } from '@nestjs/common';
import { DesignsModule } from './designs/designs.module.js';
import { WireModule } from './wire/wire.module.js';

/** The Drydock dialect: designs, tasks, boot data and boot actions of bare-metal nodes. */
@Module({ imports: [DesignsModule, WireModule] })
export class DrydockModule {}
