import { Module } from '@nestjs/common';
import { DrydockHealthController } from './drydock-health.controller.js';
import { DrydockPolicy } from './drydock-policy.js';
import { DrydockVersionsController } from './drydock-versions.controller.js';
import { DrydockWire } from './drydock-wire.js';
import { ExtendedHealthController } from './extended-health.controller.js';
import { HealthProblems } from './health-problems.service.js';

/** What all of Drydock's dialect says on the wire. A module with a `@DrydockController` imports it, for its guard's policy. */
@Module({
  controllers: [DrydockVersionsController, DrydockHealthController, ExtendedHealthController],
  providers: [DrydockWire, DrydockPolicy, HealthProblems],
  exports: [DrydockPolicy],
})
export class WireModule {}
