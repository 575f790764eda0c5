import { applyDecorators, Controller, UseGuards } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import { RequireRole } from '../../auth/passport/access.decorators.js';
import { DrydockGuard } from './drydock-guard.js';
import { DRYDOCK_PREFIX } from './drydock-paths.js';

/**
 * A controller of Drydock's that Keystone tokens open: `@DrydockController('tasks')` is `/api/v1.0/tasks`. Each route names
 * its rule by `@TakesRule`; which roles that takes is a setting, so the role itself asks for no more than to be somebody.
 */
export function DrydockController(path: string): ClassDecorator {
  return applyDecorators(
    Controller(`${DRYDOCK_PREFIX}/${path}`),
    UseGuards(DrydockGuard),
    RequireRole('viewer'),
    ApiTags('drydock'),
  );
}
