import { SetMetadata } from '@nestjs/common';

export const IGNORES_BODY = 'slipway:ignores-body';

/** A route that never looks at its body: one that cannot be read is no reason to refuse the request. */
export function IgnoresBody() {
  return SetMetadata(IGNORES_BODY, true);
}
