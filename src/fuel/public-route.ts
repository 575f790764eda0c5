import { SetMetadata } from '@nestjs/common';

export const PUBLIC_ROUTE = 'slipway:fuel-public-route';

/** A route that asks for no token: booting nodes have none (spec fuel section 3). One that is good still counts. */
export function PublicRoute() {
  return SetMetadata(PUBLIC_ROUTE, true);
}
