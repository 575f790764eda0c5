import { Refused } from '../common/errors.js';
import { roleCovers, type Principal, type Role } from './principal.js';

/** What a route asks of who calls it. `action` is a word of the dialect's own, for its wording of a refusal. */
export interface RequiredAccess {
  readonly role: Role;
  readonly action?: string;
}

const READING_METHODS: ReadonlySet<string> = new Set(['GET', 'HEAD', 'OPTIONS']);

/**
 * Whether a principal may make a request. Where a route says nothing, reading takes a viewer and everything else an
 * operator: a forgotten declaration must not open anything.
 */
export function assertAllowed(
  principal: Principal,
  method: string,
  route: { readonly required?: RequiredAccess; readonly readsOnly?: boolean; readonly takesPlanTokens?: boolean },
): void {
  if (principal.plan !== undefined && route.takesPlanTokens !== true) {
    throw new Refused(`The token starts the plan ${principal.plan} and nothing else.`, { code: 'scope' });
  }
  const reads = READING_METHODS.has(method) || route.readsOnly === true;
  if (!reads && !principal.writeEnabled) throw new Refused('The token may only read.', { code: 'read_only' });
  const required = route.required ?? { role: reads ? 'viewer' : 'operator' };
  if (!roleCovers(principal.role, required.role)) {
    throw new Refused(`This takes the role ${required.role}.`, { code: 'role', ...required });
  }
}
