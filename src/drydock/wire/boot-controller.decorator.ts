import { applyDecorators, Controller } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import { DRYDOCK_PREFIX } from './drydock-paths.js';

/**
 * A controller of Drydock's that no token opens, by each of its paths: `@BootController('bootactions/nodes', 'bootdata')`.
 * Its routes ask for the node's key themselves, because what there is not comes before who is asking (spec drydock 2.1).
 */
export function BootController(...paths: readonly string[]): ClassDecorator {
  return applyDecorators(Controller(paths.map((path) => `${DRYDOCK_PREFIX}/${path}`)), ApiTags('drydock'));
}
