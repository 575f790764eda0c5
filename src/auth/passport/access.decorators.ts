import { createParamDecorator, SetMetadata, type ExecutionContext } from '@nestjs/common';
import type { RequiredAccess } from '../access.js';
import type { Principal, Role } from '../principal.js';

export const REQUIRED_ACCESS = 'slipway:required-access';
export const READS_ONLY = 'slipway:reads-only';
export const TAKES_PLAN_TOKENS = 'slipway:takes-plan-tokens';

/**
 * The least role a route (or every route of a controller) takes. Without it: viewer to read, operator for all else.
 * `action` comes back in the details of the refusal (`{code: 'role', role, action}`), for a dialect that words it.
 */
export function RequireRole(role: Role, action?: string) {
  return SetMetadata(REQUIRED_ACCESS, { role, action } satisfies RequiredAccess);
}

/** A POST that changes nothing (a search, a check): viewers and read-only tokens may make it. */
export function ReadsOnly() {
  return SetMetadata(READS_ONLY, true);
}

/** What a parameter of a route names: the plan to start, or a batch or job to look at. */
export type PlanTokenReach = 'plan' | 'batch' | 'job';

/**
 * A route that takes tokens of one plan too; the fleet's own guard sees to it that `parameter` names that plan, or something
 * this token started. Every other route refuses them with the code `scope`.
 */
export function OpenToPlanTokens(reach: PlanTokenReach, parameter: string) {
  return SetMetadata(TAKES_PLAN_TOKENS, { reach, parameter } satisfies PlanTokenAccess);
}

export interface PlanTokenAccess {
  readonly reach: PlanTokenReach;
  readonly parameter: string;
}

/** Who makes the request, as the guard found out. Only on routes with an `authGuard`. */
export const CurrentPrincipal = createParamDecorator(
  (_data: unknown, context: ExecutionContext): Principal =>
    context.switchToHttp().getRequest<{ user: Principal }>().user,
);
