import { Module } from '@nestjs/common';
import { FuelModule } from '../fuel/fuel.module.js';
import { ReleasesModule } from '../releases/releases.module.js';
import { NodeHostsService } from './node-hosts.service.js';

/** The machines clusters are made of. */
@Module({
  imports: [FuelModule, ReleasesModule],
  providers: [NodeHostsService],
  exports: [NodeHostsService],
})
export class NodesModule {}
