import type { BootDevice, BootHost, HostFacts, PowerChange, PowerState } from './boot-host.js';

/**
 * The port to a machine's own controller: what can be done to it from outside, whatever runs on it. Methods may be
 * called again after a crash at any point. Throws `DriverError`; says whether the same call may succeed later.
 */
export abstract class HostPower {
  /** The word in a node's `oob.type`. */
  abstract readonly type: string;
  abstract identify(host: BootHost, signal: AbortSignal): Promise<HostFacts>;
  abstract powerState(host: BootHost, signal: AbortSignal): Promise<PowerState>;
  /** Resolves when the controller says that the machine is so. Nothing to do for one that is on or off already. */
  abstract setPower(host: BootHost, change: PowerChange, signal: AbortSignal): Promise<void>;
  /** For the next start only, where the controller can tell. */
  abstract setBootDevice(host: BootHost, device: BootDevice, signal: AbortSignal): Promise<void>;
}
