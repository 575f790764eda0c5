import type { ActivationState, Baseline, DeviceImage } from '../device-driver.js';
import { sameVersion } from '../version.js';
import type { InstallSummary } from './parse-install.js';

/** What the box says of itself, when it is asked whether an activation happened. */
export interface BoxEvidence {
  readonly version: string;
  readonly bootTime: Date | null;
  /** Is the boot time exact to a second, or only to a minute? */
  readonly isBootTimeExact: boolean;
  readonly summary: InstallSummary;
  /** The install operation that runs now. */
  readonly operation: string | null;
  readonly now: Date;
  readonly settleMs: number;
}

const EXACT_TOLERANCE_MS = 5_000;
const MINUTE_TOLERANCE_MS = 90_000;

/** `17.09.04a.0.6` of `show install summary` is release `17.09.04a`. */
function releaseOf(version: string): string {
  return version.split('.').slice(0, 3).join('.');
}

export function isSameRelease(one: string, other: string): boolean {
  return sameVersion(releaseOf(one), releaseOf(other));
}

/** Settles an activation from evidence only (spec upgrade section 3.4, "guarded reload"); when in doubt, `in_progress`. */
export function judgeActivation(
  image: Pick<DeviceImage, 'version'>,
  baseline: Baseline,
  evidence: BoxEvidence,
): ActivationState {
  const { version } = evidence;
  const say = (state: ActivationState['state'], message: string): ActivationState => ({ state, message, version });
  if (evidence.operation !== null)
    return say('in_progress', `An install operation is in progress: ${evidence.operation}`);
  const booted = hasBooted(baseline, evidence);
  if (isSameRelease(version, image.version)) {
    if (isSameRelease(baseline.version, image.version) && booted !== true)
      return judgeReinstall(baseline, evidence, say);
    const { abortsIn } = evidence.summary;
    return say(
      'active',
      `Running ${version}${abortsIn === null ? '' : `, not committed yet (${abortsIn} until the automatic rollback)`}`,
    );
  }
  const pending = evidence.summary.rows.find((row) => row.state === 'U' && isSameRelease(row.version, image.version));
  if (pending) return say('in_progress', `${pending.version} is activated, the reload is still to come`);
  if (!isSameRelease(version, baseline.version)) {
    return say('wrong', `version mismatch: running ${version}, expected ${image.version}`);
  }
  if (booted === true && baseline.sentAt !== null && hasBootedAfterSending(baseline.sentAt, evidence)) {
    return say('wrong', `version mismatch: the device came back with ${version}, expected ${image.version}`);
  }
  return judgeStill(baseline, evidence, booted, say);
}

type Say = (state: ActivationState['state'], message: string) => ActivationState;

/** The same version was installed over itself: only a boot shows that it happened. */
function judgeReinstall(baseline: Baseline, evidence: BoxEvidence, say: Say): ActivationState {
  if (baseline.sentAt === null) return say('active', `Running ${evidence.version} already`);
  return judgeStill(baseline, evidence, hasBooted(baseline, evidence), say);
}

/** Still the old version, and no boot that would explain it. */
function judgeStill(baseline: Baseline, evidence: BoxEvidence, booted: boolean | null, say: Say): ActivationState {
  const { version } = evidence;
  if (baseline.sentAt !== null) {
    const age = evidence.now.getTime() - new Date(baseline.sentAt).getTime();
    if (age < evidence.settleMs) return say('in_progress', `Running ${version}; the command was sent a moment ago`);
    if (booted === null)
      return say('in_progress', `Running ${version}; without a boot time nobody can tell whether it was reloaded`);
  }
  const half = evidence.summary.rows.find((row) => row.state === 'D' || row.state === 'U');
  if (half) return say('in_progress', `Running ${version}; ${half.version} is in state ${half.state}`);
  return say('untouched', `Running ${version}, not reloaded, nothing in progress`);
}

/** Has the box booted since the baseline? Null when a boot time is missing. */
function hasBooted(baseline: Baseline, { bootTime, isBootTimeExact }: BoxEvidence): boolean | null {
  if (baseline.bootTime === null || bootTime === null) return null;
  const tolerance = isBootTimeExact ? EXACT_TOLERANCE_MS : MINUTE_TOLERANCE_MS;
  return bootTime.getTime() - new Date(baseline.bootTime).getTime() > tolerance;
}

/** A power cut between the baseline and the command is not the command's reload. */
function hasBootedAfterSending(sentAt: string, { bootTime, isBootTimeExact }: BoxEvidence): boolean {
  const tolerance = isBootTimeExact ? EXACT_TOLERANCE_MS : MINUTE_TOLERANCE_MS;
  return bootTime !== null && bootTime.getTime() > new Date(sentAt).getTime() - tolerance;
}
