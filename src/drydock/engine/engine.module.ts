import { Module } from '@nestjs/common';
import { AuthModule } from '../../auth/auth.module.js';
import { OrchestrationModule } from '../../orchestration/orchestration.module.js';
import { ContextsModule } from '../contexts/contexts.module.js';
import { DesignsModule } from '../designs/designs.module.js';
import { HostsModule } from '../hosts/hosts.module.js';
import { BootReportsModule } from './boot-reports.module.js';
import { DrydockJobKind } from './drydock-jobs.kind.js';
import { TaskEnds } from './task-ends.service.js';
import { TaskFlow } from './task-flow.service.js';

/** What does the tasks. */
@Module({
  imports: [AuthModule, OrchestrationModule, BootReportsModule, ContextsModule, DesignsModule, HostsModule],
  providers: [DrydockJobKind, TaskEnds, TaskFlow],
  exports: [TaskEnds],
})
export class EngineModule {}
