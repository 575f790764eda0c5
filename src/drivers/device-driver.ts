import { ActionError } from '../common/errors.js';
import type { Readable } from 'node:stream';

/**
 * The port to a network device or host. A driver opens one session per call of a step and closes it; whatever must
 * survive the process is in what it is given and what it returns, never in the driver itself. It never reads or writes
 * the database, never decides what a job does next, and stops promptly when its signal aborts.
 */
export abstract class DeviceDriver {
  /** The word in a device's `platform` field. */
  abstract readonly platform: string;
  abstract open(device: Device, io: DriverIo): Promise<DeviceSession>;
}

export type HostKeyPolicy = 'strict' | 'tofu' | 'off';

/** What a driver needs to know to reach a device. Secrets are in clear here and must never be logged or thrown. */
export interface Device {
  readonly id: number;
  readonly hostname: string;
  readonly address: string;
  readonly port: number;
  readonly platform: string;
  readonly model: string | null;
  readonly serial: string | null;
  /** The version in the inventory; only the simulated driver believes it. */
  readonly version: string | null;
  readonly username: string | null;
  readonly password: string | null;
  /** Enable secret (IOS). */
  readonly secret: string | null;
  /** OpenSSH private key and its passphrase. */
  readonly privateKey: string | null;
  readonly passphrase: string | null;
  readonly hostKeyPolicy: HostKeyPolicy;
  /** `SHA256:<base64 without padding>` as `ssh-keygen -lf` prints it, or null while unknown. */
  readonly hostKey: string | null;
  /** Offer the old key exchanges and ciphers that old devices need. */
  readonly legacyAlgorithms: boolean;
  /** `linux`: where images go; null is the login's home. */
  readonly remoteDir: string | null;
  /** `linux`: shell commands of the device model. */
  readonly commands: DeviceCommands;
  /** `simulated`: how the simulated device behaves. */
  readonly simulation: Simulation;
}

export interface DeviceCommands {
  readonly activate?: string;
  readonly verify?: string;
  readonly rollback?: string;
}

export interface Simulation {
  /** Milliseconds each step takes (default 50). */
  readonly step_ms?: number;
  /** Name of the step that fails. */
  readonly fail_step?: string;
  /** The activation works although the device reports an error. */
  readonly lie?: boolean;
  /** Name of the step that never answers. */
  readonly hang_step?: string;
}

/** The image a job installs. Hashes are lower-case hex; at least one is there for an image Slipway stored itself. */
export interface DeviceImage {
  readonly filename: string;
  readonly version: string;
  readonly sizeBytes: number;
  readonly md5: string | null;
  readonly sha256: string | null;
  readonly sha512: string | null;
  /** The image's bytes from an offset on, for a driver that pushes. Null when only a URL is known. */
  readonly read: ((start: number) => Readable) | null;
  /** Where the device can pull it from, for a driver that pulls. May hold credentials: never log it as it is. */
  readonly url: string | null;
}

/** What a driver talks to while it works. */
export interface DriverIo {
  readonly signal: AbortSignal;
  /** One line for the job's log; secrets must be redacted before. */
  log(text: string): void;
  /** Bytes moved so far of all; called often, the receiver throttles. */
  progress(done: number, total: number): void;
  /** The step's name and configuration, from the workflow. */
  readonly step: { readonly name: string; readonly config: Readonly<Record<string, unknown>> };
  /** `tofu`: remembers the key of a first contact. */
  learnHostKey(fingerprint: string): Promise<void>;
}

export interface DeviceFacts {
  readonly hostname: string;
  readonly model: string | null;
  readonly serial: string | null;
  readonly version: string;
  readonly bootImage: string | null;
  /** When the device booted, as precise as the device tells; null where it can't be known. */
  readonly bootTime: Date | null;
}

export interface CheckResult {
  readonly name: string;
  readonly status: 'pass' | 'warning' | 'fail';
  readonly message: string;
}

/** What was true before an activation; stored by the caller before the first irreversible command. Plain JSON. */
export interface Baseline {
  readonly version: string;
  /** ISO 8601, or null. */
  readonly bootTime: string | null;
  readonly bootImage: string | null;
  /** Whatever this driver needs to roll back: an image, a link's old target, an install id. */
  readonly rollbackPoint: string | null;
  /** ISO 8601: when the irreversible command was about to be sent; null until then. */
  readonly sentAt: string | null;
}

/**
 * The answer to "did the activation happen?".
 * - `untouched`: up, answering, still as in the baseline, nothing in progress: it would be safe to send again
 * - `in_progress`: an installation is running, the device is not back yet, or the version is not committed yet
 * - `active`: the image's version runs (and, where a reload is part of it, the device has booted since the baseline)
 * - `wrong`: it came back, but not with the image's version
 */
export interface ActivationState {
  readonly state: 'untouched' | 'in_progress' | 'active' | 'wrong';
  readonly message: string;
  readonly version: string | null;
}

/** One login on one device. Methods are called one after another and may each be called again after a crash. */
export interface DeviceSession {
  facts(): Promise<DeviceFacts>;
  /** Everything that must hold before an upgrade, as named results; includes free space for the image. */
  readiness(image: DeviceImage, options: { cleanupFlash: boolean }): Promise<CheckResult[]>;
  /** Removes what is neither running, nor needed to roll back, nor the image. Returns what was removed. */
  cleanup(image: DeviceImage): Promise<string[]>;
  /** Is the image there, whole and verified by its hash? A partial or different file is `false`. */
  hasImage(image: DeviceImage): Promise<boolean>;
  /** Brings the image to the device, resuming where the technology can, then checks its size and hash there. */
  transfer(image: DeviceImage): Promise<void>;
  /** Collects what the pre and post checks compare: check name to text. */
  snapshot(commands: Readonly<Record<string, string>>): Promise<Record<string, string>>;
  /** Saves the configuration where that is needed, and says what is true before the activation. */
  baseline(image: DeviceImage): Promise<Baseline>;
  /**
   * Installs the image. Awaits `beforeIrreversible` immediately before the command that cannot be taken back; when that
   * rejects, nothing must be sent. `reloading`: the device went away or will; ask `activationState` until it settles.
   */
  activate(
    image: DeviceImage,
    baseline: Baseline,
    beforeIrreversible: () => Promise<void>,
  ): Promise<'reloading' | 'done'>;
  activationState(image: DeviceImage, baseline: Baseline): Promise<ActivationState>;
  /** Makes the running version permanent (IOS-XE `install commit`); nothing to do elsewhere. Re-entrant. */
  commit(image: DeviceImage): Promise<void>;
  /** Goes back to the baseline's version. Same rules as `activate`; `rolledBack` is asked through `activationState`. */
  rollback(baseline: Baseline, beforeIrreversible: () => Promise<void>): Promise<'reloading' | 'done'>;
  close(): Promise<void>;
}

export type DriverErrorCode =
  | 'unreachable'
  | 'auth_failed'
  | 'host_key_mismatch'
  | 'host_key_unknown'
  | 'prompt_timeout'
  | 'command_rejected'
  | 'connection_lost'
  | 'no_space'
  | 'checksum_mismatch'
  | 'transfer_interrupted'
  | 'install_failed'
  | 'invalid_name'
  | 'unsupported'
  | 'aborted';

const RETRYABLE: ReadonlySet<DriverErrorCode> = new Set([
  'unreachable',
  'prompt_timeout',
  'connection_lost',
  'transfer_interrupted',
]);

/** What a driver throws. Retryable by its code: a wrong password or a bad checksum is not, a lost connection is. */
export class DriverError extends ActionError {
  constructor(code: DriverErrorCode, message: string, cause?: unknown) {
    super(message, { code, retryable: RETRYABLE.has(code), cause });
  }
}

/** File names that may become part of a device's command line (spec section 2: `images`). */
export const SAFE_FILENAME = /^[A-Za-z0-9._+-]{1,255}$/;

export function assertSafeFilename(filename: string): string {
  if (!SAFE_FILENAME.test(filename) || /^\.{1,2}$/.test(filename) || filename.startsWith('-')) {
    throw new DriverError('invalid_name', `The file name ${JSON.stringify(filename)} may not be used on a device`);
  }
  return filename;
}
