import type { KeptPrincipal } from '../../auth/principal-now.js';
import type { Principal } from '../../auth/principal.js';
import type { JobSpec } from '../batches.service.js';
import type { StepSpec } from '../step.js';
import type { ActionRequest, Target } from './target-kinds.js';

/** The job kind of work that a dialect's own service does in a batch of its own. */
export const DELEGATED = 'fleet';

export const DELEGATED_STEP = 'delegated';

const PREFIX = 'fleet/';
const MONTH_S = 31 * 86_400;

/**
 * The fleet's job is on the target as the fleet sees it, not on the target itself: the job it starts is, and there is one
 * job in progress on a target.
 */
export function delegatedTargetKind(kind: string): string {
  return `${PREFIX}${kind}`;
}

/** The kind of the target a job is on, whoever does the work. */
export function plainTargetKind(stored: string): string {
  return stored.startsWith(PREFIX) ? stored.slice(PREFIX.length) : stored;
}

/** Plain JSON, kept in the job's row. */
export interface DelegatedInput {
  readonly targetKind: string;
  readonly action: string;
  readonly target: Target;
  readonly request: ActionRequest;
  readonly principal: KeptPrincipal;
}

const STEPS: readonly StepSpec[] = [
  {
    name: 'Run',
    kind: DELEGATED_STEP,
    phase: 'running',
    config: {},
    timeoutS: MONTH_S,
    retries: 3,
    retryDelayS: 5,
    irreversible: true,
    measured: true,
  },
];

/** A job that has the target's own dialect do the work, and ends as that ends. */
export function delegatedJob(action: string, target: Target, request: ActionRequest, by: Principal): JobSpec {
  const input: DelegatedInput = { targetKind: target.kind, action, target, request, principal: kept(by) };
  return {
    targetKind: delegatedTargetKind(target.kind),
    targetId: target.id,
    label: target.label,
    input: { ...input },
    steps: STEPS,
    site: target.site,
    tags: target.tags,
  };
}

/** Somebody who tries it again does so with their own rights. */
export function askedAgainBy(input: Readonly<Record<string, unknown>>, by: Principal): Record<string, unknown> {
  return { ...input, principal: kept(by) };
}

function kept({ userId, externalId, username, role, externalRoles }: Principal): KeptPrincipal {
  return {
    userId,
    username,
    role,
    ...(externalId === undefined ? {} : { externalId }),
    ...(externalRoles === undefined ? {} : { externalRoles }),
  };
}
