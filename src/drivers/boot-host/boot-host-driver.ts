import type { BootDevice, BootHost, HostFacts, PowerChange, PowerState } from './boot-host.js';

/** What takes a while and is known by its order: it goes on when the control plane dies, and can be asked about. */
export type HostAct = 'commission' | 'deploy' | 'release';
/** What is set up on a host before it is deployed, or while it is. Repeating one harms nobody. */
export type HostAspect = 'networking' | 'storage' | 'platform' | 'labels';

/** MAAS's words for what a machine is doing (spec drydock section 5: `GET /nodes`). */
export type HostStatusName =
  | 'New'
  | 'Commissioning'
  | 'Failed commissioning'
  | 'Ready'
  | 'Allocated'
  | 'Deploying'
  | 'Deployed'
  | 'Failed deployment'
  | 'Releasing'
  | 'Releasing failed';

/**
 * - `untouched`: this order never reached the host, so that it is safe to give it again
 * - `in_progress`: ask again later
 * - `done`, `failed`: it came to its end
 */
export interface HostLook {
  readonly state: 'untouched' | 'in_progress' | 'done' | 'failed';
  readonly message: string;
  readonly statusName: HostStatusName;
  readonly power: PowerState;
  /** How far the act is, 0..1. */
  readonly fraction: number;
}

/** An act, and who asked for it. */
export interface HostOrder {
  /** Never given twice for two acts; letters, digits and `-`. */
  readonly id: string;
  readonly act: HostAct;
}

/**
 * The port to bare-metal machines: what MAAS does for the original. Never decides what happens next, never reads the
 * database, stops promptly when its signal aborts. Throws `DriverError`.
 */
export abstract class BootHostDriver {
  abstract readonly name: string;
  /** How long to wait before the next look at an act. */
  abstract readonly pollMs: number;
  abstract identify(host: BootHost, signal: AbortSignal): Promise<HostFacts>;
  abstract setBootDevice(host: BootHost, device: BootDevice, signal: AbortSignal): Promise<void>;
  abstract setPower(host: BootHost, change: PowerChange, signal: AbortSignal): Promise<void>;
  abstract configure(host: BootHost, aspect: HostAspect, signal: AbortSignal): Promise<string>;
  /** What can be taken back of an act, before it is begun: the host is where it may begin. Re-entrant. */
  abstract prepare(host: BootHost, order: HostOrder, signal: AbortSignal): Promise<void>;
  /** Begins an act and does not wait for its end. Not re-entrant: `look` says whether it was begun. */
  abstract begin(host: BootHost, order: HostOrder, signal: AbortSignal): Promise<void>;
  abstract look(host: BootHost, order: HostOrder, signal: AbortSignal): Promise<HostLook>;
}
