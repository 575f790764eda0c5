import { applyDecorators, Controller, UseGuards } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import { authGuard } from '../../auth/passport/auth.guard.js';

/** The schemes the Upgrade API takes (spec upgrade section 1.2), and those our other dialects' clients already have. */
const UpgradeGuard = authGuard(['token', 'bearer', 'basic', 'x-auth-token']);

/**
 * A controller of the Upgrade dialect: its path below `/api/`, and nobody comes in without a credential. Reading takes
 * a viewer and changing an operator unless the class or a route says `@RequireRole`. Refusals are worded by `UPGRADE_ERRORS`.
 */
export function UpgradeController(path: string): ClassDecorator {
  return applyDecorators(Controller(path === '' ? 'api' : `api/${path}`), UseGuards(UpgradeGuard), ApiTags('upgrade'));
}
