import { applyDecorators, Controller, UseGuards } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import { FuelGuard } from './fuel-guard.js';
import { type FuelResource, pathsOf } from './fuel-paths.js';

/**
 * A controller of the Fuel dialect, under each of its prefixes. Reading takes a viewer and changing an operator unless the
 * class or a route says `@RequireRole` or `@PublicRoute`. Refusals are worded by `FUEL_ERRORS`.
 */
export function FuelController(resource: FuelResource): ClassDecorator {
  return applyDecorators(Controller(pathsOf(resource)), UseGuards(FuelGuard), ApiTags('fuel'));
}
