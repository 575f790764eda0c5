import { Module } from '@nestjs/common';
import { WireModule } from './wire/wire.module.js';

/** The Drydock dialect: designs, tasks, boot data and boot actions of bare-metal nodes. */
@Module({ imports: [WireModule] })
export class DrydockModule {}
