import {
  DriverError,
  type ActivationState,
  type Baseline,
  type DeviceSession,
} from '../../../drivers/device-driver.js';
import type { CheckOutcome, StepHandler } from '../../../orchestration/step-handler.js';
import type { StepRecord } from '../../../orchestration/step.js';
import { seconds } from '../step-config.js';
import { withSession, type UpgradeContext, type UpgradeSubject } from '../upgrade-subject.js';
import { again } from './ask-again.js';

/** How long a device must look untouched before the activation is sent again: a command may still be on its way. */
const QUIET_S = 60;

/**
 * Installs the image, once. The baseline is stored before anything is sent; from the announcement on, only the device's
 * own answers count (spec upgrade section 3.4).
 */
export const activationStep: StepHandler<UpgradeSubject> = {
  async run(context) {
    const missing = missingSteps(context.steps, context.step);
    if (missing.length > 0) return { outcome: 'failed', message: `Missing ${missing.join(', ')}` };
    const sent = await withSession(context, async (session) => {
      const baseline = await session.baseline(context.subject.image);
      const announce = (): Promise<void> =>
        context.beforeIrreversible({ baseline: { ...baseline, sentAt: new Date(context.now()).toISOString() } });
      return session.activate(context.subject.image, baseline, announce);
    });
    if (sent === 'reloading') return again(context, 'the device is reloading');
    return settledNow(await ask(context));
  },

  check: ask,
};

function ask(context: UpgradeContext): Promise<CheckOutcome> {
  return askState(context, (session, state) => settle(context, session, state));
}

/** `run` itself may not answer "not done": that is what a later `check` is for. */
function settledNow(outcome: CheckOutcome) {
  return outcome.outcome === 'not_done'
    ? { outcome: 'again' as const, afterMs: 1_000, waitingFor: outcome.message }
    : outcome;
}

/** Asks the device what became of the activation; a device that does not answer is asked again later. */
export async function askState(
  context: UpgradeContext,
  judge: (session: DeviceSession, state: ActivationState) => Promise<CheckOutcome>,
): Promise<CheckOutcome> {
  const baseline = activationBaseline(context.steps);
  if (!baseline) return { outcome: 'failed', message: 'nothing was activated by this job' };
  try {
    return await withSession(context, async (session) => {
      const state = await session.activationState(context.subject.image, baseline);
      return judge(session, state);
    });
  } catch (error) {
    if (!isAway(error)) throw error;
    return again(context, `waiting for the device: ${error.message}`);
  }
}

async function settle(context: UpgradeContext, session: DeviceSession, state: ActivationState): Promise<CheckOutcome> {
  switch (state.state) {
    case 'active':
      // Without post-checks nobody else would make it permanent.
      if (!hasLaterPostcheck(context)) await session.commit(context.subject.image);
      return { outcome: 'success', message: state.message, result: { version: state.version } };
    case 'wrong':
      return { outcome: 'failed', message: `version mismatch: ${state.message}` };
    case 'in_progress':
      return again(context, state.message);
    case 'untouched': {
      const quietMs = seconds(context.step.config, 'quiet', QUIET_S) * 1000;
      const sentAt = Date.parse(context.step.sentAt ?? '');
      // With an error from the device the matter is settled: the step fails with it, nothing will be sent again.
      const refused = context.step.state?.['error'] !== undefined;
      if (!refused && context.now() - sentAt < quietMs) return again(context, state.message);
      return { outcome: 'not_done', message: state.message };
    }
  }
}

/** A booting device refuses connections, drops them, and for a while may not know its users either. */
export function isAway(error: unknown): error is DriverError {
  return error instanceof DriverError && (error.retryable || error.code === 'auth_failed');
}

/** What was true before the activation of this job, with the moment it was sent. */
export function activationBaseline(steps: readonly Readonly<StepRecord>[]): Baseline | null {
  const activation = steps.find(({ kind, state }) => kind === 'activation' && state?.['baseline'] !== undefined);
  return (activation?.state?.['baseline'] as Baseline | undefined) ?? null;
}

function hasLaterPostcheck({ steps, step }: UpgradeContext): boolean {
  return steps.slice(steps.indexOf(step)).some(({ kind, status }) => kind === 'postcheck' && status === 'pending');
}

/** Steps that must have gone well before a device is activated. */
function missingSteps(steps: readonly Readonly<StepRecord>[], activation: Readonly<StepRecord>): string[] {
  const before = steps.slice(0, steps.indexOf(activation));
  return ['readiness', 'distribution'].filter(
    (kind) => !before.some((step) => step.kind === kind && (step.status === 'success' || step.status === 'warning')),
  );
}
