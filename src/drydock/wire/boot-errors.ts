import { Conflict, Invalid, NotFound, Refused, Unauthenticated } from '../../common/errors.js';
import { FrameworkError } from '../../http/framework-error.js';

/** To throw on the key side, in Drydock's own words (spec drydock sections 2.1 and 3). */
export function unknownBootNode(hostname: string): NotFound {
  return new NotFound(`Error locating boot action for ${hostname}`);
}

export function unknownBootAction(): NotFound {
  return new NotFound('');
}

export function noBootKey(): Unauthenticated {
  return new Unauthenticated('No X-Bootaction-Key', { code: 'not_provided' });
}

export function wrongBootKey(): Refused {
  return new Refused('Invalid X-Bootaction-Key', { code: 'boot_key' });
}

export function unusableBootBody(): Invalid {
  return new Invalid('Error processing body.');
}

export function finishedBootAction(actionId: string): Conflict {
  return new Conflict(`Action ${actionId} status finalized, not available for update.`);
}

/**
 * A 500 that is told: scripts on nodes are prepared for no other refusal than that of a failed download. `description` is
 * shown to whoever holds the key, so it names no login, no query and no key.
 */
export function failedRender(description: string): FrameworkError {
  return new FrameworkError('internal', 500, description, { details: { description } });
}
