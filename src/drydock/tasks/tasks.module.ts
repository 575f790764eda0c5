import { Module } from '@nestjs/common';
import { AuthModule } from '../../auth/auth.module.js';
import { OrchestrationModule } from '../../orchestration/orchestration.module.js';
import { DesignsModule } from '../designs/designs.module.js';
import { EngineModule } from '../engine/engine.module.js';
import { WireModule } from '../wire/wire.module.js';
import { TasksController } from './api/tasks.controller.js';
import { TaskReads } from './task-reads.service.js';
import { TasksService } from './tasks.service.js';

/** Tasks as people ask for them. */
@Module({
  imports: [AuthModule, OrchestrationModule, DesignsModule, EngineModule, WireModule],
  controllers: [TasksController],
  providers: [TaskReads, TasksService],
  exports: [TasksService],
})
export class TasksModule {}
