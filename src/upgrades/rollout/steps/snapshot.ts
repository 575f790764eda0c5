import type { DeviceSession } from '../../../drivers/device-driver.js';
import type { StepHandler } from '../../../orchestration/step-handler.js';
import { withSession, type UpgradeContext, type UpgradeSubject } from '../upgrade-subject.js';

/** Runs the job's checks and keeps what each printed. */
export async function keepSnapshot(
  context: UpgradeContext,
  session: DeviceSession,
  kind: 'pre' | 'post',
): Promise<Record<string, string>> {
  const { checks } = context.subject.input;
  if (Object.keys(checks).length === 0) return {};
  const outputs = await session.snapshot(checks);
  for (const [name, content] of Object.entries(outputs)) context.keep({ kind, name, content });
  return outputs;
}

/** The state of the device before the upgrade, for a workflow whose readiness step does not collect it. */
export const precheckStep: StepHandler<UpgradeSubject> = {
  run: (context) =>
    withSession(context, async (session) => {
      const outputs = await keepSnapshot(context, session, 'pre');
      return { outcome: 'success', message: `${Object.keys(outputs).length} checks collected` };
    }),
};
