import { seconds } from '../step-config.js';
import type { UpgradeContext } from '../upgrade-subject.js';

const POLL_S = 10;

/** The step waits for the device and asks it again, as often as its workflow says. */
export function again(context: UpgradeContext, waitingFor: string) {
  const afterMs = seconds(context.step.config, 'poll_interval', POLL_S) * 1000;
  return { outcome: 'again' as const, afterMs, waitingFor };
}
