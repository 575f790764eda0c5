import type { ActivationState, Baseline, DeviceImage } from '../device-driver.js';
import { sameVersion } from '../version.js';

/** What this driver keeps in a baseline's `rollbackPoint`. */
export interface RollbackPoint {
  /** Marks the commands of one activation on the host, so that traces of an earlier one are never taken for it. */
  readonly token: string;
  /** `/proc/sys/kernel/random/boot_id`: unlike the boot time it does not move when the clock is set. */
  readonly bootId: string | null;
  /** Where the link `current` pointed, as it was written; null where there was none. */
  readonly link: string | null;
}

export function parseRollbackPoint(text: string | null): RollbackPoint {
  const nothing: RollbackPoint = { token: '', bootId: null, link: null };
  if (text === null) return nothing;
  try {
    const { token, bootId, link } = JSON.parse(text) as Record<string, unknown>;
    const textOrNull = (value: unknown) => (typeof value === 'string' ? value : null);
    return { token: textOrNull(token) ?? '', bootId: textOrNull(bootId), link: textOrNull(link) };
  } catch {
    return nothing;
  }
}

/** The trace a command leaves on the host, so that its fate can be asked after the connection broke. */
export interface CommandTrace {
  readonly kind: 'activate' | 'rollback';
  readonly isRunning: boolean;
  /** null: it runs, or something ended it before it could end by itself. */
  readonly exitCode: number | null;
}

/** What was found on the host. */
export interface Observation {
  readonly bootId: string | null;
  readonly bootTime: Date | null;
  readonly isShuttingDown: boolean;
  readonly link: string | null;
  /** The link points at the image, which is there with the right hash. */
  readonly isLinkVerified: boolean;
  /** Of this activation only. */
  readonly trace: CommandTrace | null;
  /** The version by the `verify` command, or else by the link; null when it cannot be told now. */
  readonly version: string | null;
}

export interface ActivationRules {
  readonly hasActivateCommand: boolean;
  readonly hasVerifyCommand: boolean;
  /** The workflow says that a reboot is part of it (`expect_reboot`). */
  readonly expectsReboot: boolean;
}

/** Clocks are set after a boot: only a boot time this much later is another boot. */
const BOOT_TIME_SLACK_MS = 30_000;

export function hasRebooted(baseline: Baseline, seen: Observation): boolean {
  const { bootId } = parseRollbackPoint(baseline.rollbackPoint);
  if (bootId !== null && seen.bootId !== null) return bootId !== seen.bootId;
  if (baseline.bootTime === null || seen.bootTime === null) return false;
  return seen.bootTime.getTime() - Date.parse(baseline.bootTime) > BOOT_TIME_SLACK_MS;
}

/** Decides what became of an activation or a rollback (spec upgrade sections 3.4 and 5.5): never by "SSH answers". */
export function judgeActivation(
  image: DeviceImage,
  baseline: Baseline,
  seen: Observation,
  rules: ActivationRules,
): ActivationState {
  const say = (state: ActivationState['state'], message: string): ActivationState => ({
    state,
    message,
    version: seen.version,
  });
  const rebooted = hasRebooted(baseline, seen);
  if (seen.isShuttingDown) return say('in_progress', 'The host is shutting down');
  if (seen.trace?.isRunning) return say('in_progress', `The ${seen.trace.kind} command is still running`);
  if (seen.trace?.exitCode === null && !rebooted) {
    return say('in_progress', `The ${seen.trace.kind} command was ended from outside; waiting for the reboot`);
  }
  if (isActive(image, seen, rules)) {
    if (rules.expectsReboot && !rebooted) return say('in_progress', 'Waiting for the reboot');
    return say('active', `Version ${image.version} is active${rebooted ? ' after a reboot' : ''}`);
  }
  // Without a command a reboot is somebody else's: the link alone tells.
  if (seen.trace === null && !(rebooted && rules.hasActivateCommand))
    return judgeUnsent(image, baseline, seen, rules, say);
  return judgeSent(image, baseline, seen, rules, say);
}

type Say = (state: ActivationState['state'], message: string) => ActivationState;

function judgeUnsent(
  image: DeviceImage,
  baseline: Baseline,
  seen: Observation,
  rules: ActivationRules,
  say: Say,
): ActivationState {
  if (isAsBefore(baseline, seen, rules)) return say('untouched', 'The host is as it was before the activation');
  return say('wrong', mismatch(image, seen));
}

function judgeSent(
  image: DeviceImage,
  baseline: Baseline,
  seen: Observation,
  rules: ActivationRules,
  say: Say,
): ActivationState {
  if (seen.trace?.kind === 'rollback' && isAsBefore(baseline, seen, rules)) {
    return say('untouched', `Back to version ${baseline.version}`);
  }
  if (seen.trace !== null && seen.trace.exitCode !== null && seen.trace.exitCode !== 0) {
    return say('wrong', `The ${seen.trace.kind} command ended with exit code ${seen.trace.exitCode}`);
  }
  if (rules.expectsReboot && !hasRebooted(baseline, seen)) return say('in_progress', 'Waiting for the reboot');
  if (rules.hasVerifyCommand && seen.version === null)
    return say('in_progress', 'The verify command tells no version yet');
  return say('wrong', mismatch(image, seen));
}

/** With a link of our own, that must be right as well; without a verify command, link and hash are all there is. */
function isActive(image: DeviceImage, seen: Observation, rules: ActivationRules): boolean {
  const isVersionRight = seen.version !== null && sameVersion(seen.version, image.version);
  if (!rules.hasVerifyCommand) return seen.isLinkVerified;
  return isVersionRight && (rules.hasActivateCommand || seen.isLinkVerified);
}

function isAsBefore(baseline: Baseline, seen: Observation, rules: ActivationRules): boolean {
  const version = seen.version ?? 'unknown';
  if (!rules.hasActivateCommand || !rules.hasVerifyCommand)
    return seen.link === parseRollbackPoint(baseline.rollbackPoint).link;
  return version === baseline.version || sameVersion(version, baseline.version);
}

function mismatch(image: DeviceImage, seen: Observation): string {
  return `Version mismatch: the host has ${seen.version ?? 'no version that can be told'}, not ${image.version}`;
}
