import { applyDecorators, Controller, UseGuards, UseInterceptors } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import { authGuard } from '../../auth/passport/auth.guard.js';
import { PlanTokenGuard } from '../plans/plan-token.guard.js';
import { JsonBodies } from './json-bodies.interceptor.js';
import { Versioned } from './versioned.interceptor.js';

const FleetGuard = authGuard(['token', 'bearer', 'x-auth-token', 'basic']);

/**
 * A controller of our own API, its path below `/fleet/v1/`. Nobody comes in without a credential; reading takes a viewer
 * and changing an operator unless the class or a route says `@RequireRole`. An answer with a `version` has it as its ETag.
 */
export function FleetController(path: string): ClassDecorator {
  return applyDecorators(
    Controller(path === '' ? 'fleet/v1' : `fleet/v1/${path}`),
    UseGuards(FleetGuard, PlanTokenGuard),
    UseInterceptors(JsonBodies, Versioned),
    ApiTags('fleet'),
  );
}
