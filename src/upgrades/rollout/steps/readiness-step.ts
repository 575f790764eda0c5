import type { CheckResult } from '../../../drivers/device-driver.js';
import { isDowngrade, sameVersion } from '../../../drivers/version.js';
import type { StepHandler, StepOutcome } from '../../../orchestration/step-handler.js';
import { flag } from '../step-config.js';
import { withSession, type UpgradeContext, type UpgradeSubject } from '../upgrade-subject.js';
import { keepSnapshot } from './snapshot.js';

/** Is the device the right one, on another version, and able to take the image? (spec upgrade section 3.1) */
export const readinessStep: StepHandler<UpgradeSubject> = {
  run: (context) =>
    withSession(context, async (session) => {
      const { image, input } = context.subject;
      const facts = await session.facts();
      context.log(`${facts.hostname} runs ${facts.version || 'an unknown version'}`);
      const settled = judgeVersion(context, facts.version);
      if (settled) return settled;
      const checks = await session.readiness(image, { cleanupFlash: input.cleanupFlash });
      for (const check of checks) context.log(`${check.name}: ${check.status}, ${check.message}`, levelOf(check));
      if (flag(context.step.config, 'snapshot', false)) await keepSnapshot(context, session, 'pre');
      return outcomeOf(checks);
    }),
};

function judgeVersion(context: UpgradeContext, running: string): StepOutcome | null {
  const { image, input } = context.subject;
  if (running === '') return null;
  if (sameVersion(running, image.version) && !input.force) {
    return { outcome: 'finished', message: `already running ${running}`, result: { version: running } };
  }
  if (isDowngrade(image.version, running) && !input.allowDowngrade) {
    return {
      outcome: 'failed',
      message: `${image.version} is older than the running ${running}; set allow_downgrade to go back`,
    };
  }
  return null;
}

function outcomeOf(checks: readonly CheckResult[]): StepOutcome {
  const result = { checks };
  const failed = checks.filter(({ status }) => status === 'fail');
  if (failed.length > 0) return { outcome: 'failed', message: sentences(failed), result };
  const warnings = checks.filter(({ status }) => status === 'warning');
  if (warnings.length > 0) return { outcome: 'warning', message: sentences(warnings), result };
  return { outcome: 'success', result };
}

function sentences(checks: readonly CheckResult[]): string {
  return checks.map(({ name, message }) => `${name}: ${message}`).join('; ');
}

function levelOf({ status }: CheckResult): 'info' | 'warning' | 'error' {
  return status === 'pass' ? 'info' : status === 'warning' ? 'warning' : 'error';
}
