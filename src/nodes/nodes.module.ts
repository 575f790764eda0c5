import { Module } from '@nestjs/common';
import { FuelModule } from '../fuel/fuel.module.js';
import { ReleasesModule } from '../releases/releases.module.js';
import { AgentReportsService } from './agent-reports.service.js';
import { NodesController } from './api/nodes.controller.js';
import { KeepAliveService } from './keep-alive.service.js';
import { NodeHostsService } from './node-hosts.service.js';
import { NodesService } from './nodes.service.js';

/** The machines clusters are made of. */
@Module({
  imports: [FuelModule, ReleasesModule],
  controllers: [NodesController],
  providers: [AgentReportsService, KeepAliveService, NodeHostsService, NodesService],
  exports: [NodeHostsService, NodesService],
})
export class NodesModule {}
