import { Module } from '@nestjs/common';
import { RetentionService } from '../../scheduler/retention.service.js';
import { SchedulerModule } from '../../scheduler/scheduler.module.js';
import { PlansModule } from '../plans/plans.module.js';
import { HookCallsController } from './api/hook-calls.controller.js';
import { HooksController } from './api/hooks.controller.js';
import { PAST_CALLS } from './hook-call.entity.js';
import { HookCallsService } from './hook-calls.service.js';
import { HookMetrics } from './hook-metrics.js';
import { HookOwnersService } from './hook-owners.service.js';
import { HookStrangersService } from './hook-strangers.service.js';
import { HooksService } from './hooks.service.js';

/** Incoming hooks: another system's call becomes the start of a plan. */
@Module({
  imports: [PlansModule, SchedulerModule],
  controllers: [HooksController, HookCallsController],
  providers: [HookCallsService, HookMetrics, HookOwnersService, HookStrangersService, HooksService],
})
export class HooksModule {
  constructor(retention: RetentionService) {
    retention.register({ table: 'hook_calls', at: 'at', where: PAST_CALLS, keptFor: 'logs' });
  }
}
