import { Module } from '@nestjs/common';
import { PlansModule } from '../plans/plans.module.js';
import { HookCallsController } from './api/hook-calls.controller.js';
import { HooksController } from './api/hooks.controller.js';
import { HookCallsService } from './hook-calls.service.js';
import { HookMetrics } from './hook-metrics.js';
import { HookOwnersService } from './hook-owners.service.js';
import { HookStrangersService } from './hook-strangers.service.js';
import { HooksService } from './hooks.service.js';

/** Incoming hooks: another system's call becomes the start of a plan. */
@Module({
  imports: [PlansModule],
  controllers: [HooksController, HookCallsController],
  providers: [HookCallsService, HookMetrics, HookOwnersService, HookStrangersService, HooksService],
})
export class HooksModule {}
