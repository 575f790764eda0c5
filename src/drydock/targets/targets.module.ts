import { Module } from '@nestjs/common';
import { OrchestrationModule } from '../../orchestration/orchestration.module.js';
import { TasksModule } from '../tasks/tasks.module.js';
import { WireModule } from '../wire/wire.module.js';
import { SiteNodeTargets } from './site-node-targets.js';

/** Drydock's nodes for batches of the fleet. */
@Module({ imports: [OrchestrationModule, TasksModule, WireModule], providers: [SiteNodeTargets] })
export class TargetsModule {}
