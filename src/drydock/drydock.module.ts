import { Module } from '@nestjs/common';

/** The Drydock dialect: designs, tasks, boot data and boot actions of bare-metal nodes. */
@Module({ imports: [] })
export class DrydockModule {}
