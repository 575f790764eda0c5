import { Module } from '@nestjs/common';
import { FuelModule } from '../fuel/fuel.module.js';

/** What clusters run and may be brought to. */
@Module({ imports: [FuelModule] })
export class ReleasesModule {}
