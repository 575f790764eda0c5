import type { DeviceSession } from '../../../drivers/device-driver.js';
import { sameVersion } from '../../../drivers/version.js';
import type { CheckOutcome, StepHandler, StepOutcome } from '../../../orchestration/step-handler.js';
import { diffChecks, diffReport, type CheckDiff } from '../checks-diff.js';
import { flag, seconds } from '../step-config.js';
import { withSession, type UpgradeContext, type UpgradeSubject } from '../upgrade-subject.js';
import { activationBaseline, askState, isAway } from './activation-step.js';
import { again } from './ask-again.js';
import { keepSnapshot } from './snapshot.js';

const CONVERGENCE_S = 300;

/**
 * Runs the image's version and lost nothing it had before; then the version is made permanent. Otherwise the step fails,
 * after going back to the old version where the workflow wants that (spec upgrade section 3.5).
 */
export const postcheckStep: StepHandler<UpgradeSubject> = {
  async run(context) {
    const outcome = await askState(context, async (session, state) => {
      if (state.state === 'in_progress') return again(context, state.message);
      if (state.state !== 'active') return { outcome: 'failed', message: `version mismatch: ${state.message}` };
      const losses = await compare(context, session);
      if (losses.length === 0) {
        await session.commit(context.subject.image);
        // What was said before the commit, that it is still to come, is no longer so.
        const message = state.version === null ? state.message : `runs ${state.version}`;
        return { outcome: 'success', message, result: { version: state.version } };
      }
      return judgeLosses(context, session, losses.join('; '));
    });
    return outcome as StepOutcome;
  },

  check: (context) => settleRollback(context),
};

async function compare(context: UpgradeContext, session: DeviceSession): Promise<string[]> {
  const after = await keepSnapshot(context, session, 'post');
  if (Object.keys(after).length === 0) return [];
  const diffs = diffChecks(context.subject.input.checks, await context.subject.readSnapshot(), after);
  for (const diff of diffs) keepDiff(context, diff);
  if (diffs.length > 0) context.keep({ kind: 'report', name: 'summary', content: diffReport(diffs) });
  return diffs.flatMap(({ name, lost }) => lost.map((what) => `${name}: ${what}`));
}

function keepDiff(context: UpgradeContext, diff: CheckDiff): void {
  if (diff.patch !== '') context.keep({ kind: 'diff', name: diff.name, content: diff.patch });
  context.log(
    `${diff.name}: ${diff.verdict === 'same' ? 'no changes' : diff.verdict}`,
    diff.verdict === 'lost' ? 'error' : 'info',
  );
}

/** Neighbours take a while to come back: the losses must last for the convergence window before they count. */
async function judgeLosses(context: UpgradeContext, session: DeviceSession, message: string): Promise<CheckOutcome> {
  const first = context.step.state?.['lossSeenAt'];
  const since = typeof first === 'number' ? first : context.now();
  if (first === undefined) await context.remember({ lossSeenAt: since });
  if (context.now() - since < seconds(context.step.config, 'convergence', CONVERGENCE_S) * 1000) {
    return again(context, message);
  }
  if (!flag(context.step.config, 'rollback_on_failure', false)) return { outcome: 'failed', message };
  const baseline = activationBaseline(context.steps);
  if (!baseline) return { outcome: 'failed', message };
  context.log(`${message}; rolling back to ${baseline.version}`, 'warning');
  const sent = await session.rollback(baseline, () => context.beforeIrreversible({ loss: message }));
  return sent === 'reloading' ? again(context, 'the device is reloading') : settleRollback(context);
}

/** Asks whether the old version runs again. The step fails either way; the message says which. */
async function settleRollback(context: UpgradeContext): Promise<CheckOutcome> {
  const baseline = activationBaseline(context.steps);
  const loss = String(context.step.state?.['loss'] ?? 'post-checks failed');
  try {
    const { version } = await withSession(context, (session) => session.facts());
    if (baseline && sameVersion(version, baseline.version)) {
      return { outcome: 'failed', message: `${loss}; rolled back to ${version}` };
    }
    return again(context, `still on ${version}, to be rolled back to ${baseline?.version ?? 'the old version'}`);
  } catch (error) {
    if (!isAway(error)) throw error;
    return again(context, `waiting for the device: ${error.message}`);
  }
}
