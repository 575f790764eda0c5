import { Get } from '@nestjs/common';
import { FuelController } from './fuel-controller.decorator.js';
import { FUEL_VERSION } from './fuel-version.js';
import { PublicRoute } from './public-route.js';

/** Spec fuel section 3.13. */
@FuelController('version')
export class VersionController {
  @Get()
  @PublicRoute()
  get() {
    return {
      release: FUEL_VERSION,
      api: '1',
      nailgun_sha: 'slipway',
      astute_sha: 'slipway',
      fuellib_sha: 'slipway',
      ostf_sha: 'slipway',
      feature_groups: ['experimental'],
      // Without it the clients never ask for a token.
      auth_required: true,
      release_versions: {},
    };
  }
}
