import { Module } from '@nestjs/common';
import { FuelModule } from '../fuel/fuel.module.js';
import { ReleasesModule } from '../releases/releases.module.js';

/** The machines clusters are made of. */
@Module({ imports: [FuelModule, ReleasesModule] })
export class NodesModule {}
