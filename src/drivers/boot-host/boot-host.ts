/** A bare-metal machine as a driver needs it. The credential is in clear here and must never be logged or thrown. */
export interface BootHost {
  readonly hostname: string;
  /** The word in the node's `oob.type`; null: the design states none. */
  readonly oobType: string | null;
  /** Where the machine's own controller answers; null where the design does not say. */
  readonly oobAddress: string | null;
  readonly account: string | null;
  readonly credential: string | null;
  /** What else the design says under `oob`. */
  readonly parameters: Readonly<Record<string, string>>;
  readonly bootMac: string | null;
  readonly bootIp: string | null;
  /** How a simulated host behaves. */
  readonly simulation: HostSimulation;
}

export interface HostSimulation {
  /** Milliseconds that commissioning, deploying and releasing take. */
  readonly actMs: number;
  /** The act, or the part of the configuration, that fails; null: none. */
  readonly failing: string | null;
  /** How often an act fails before it succeeds. */
  readonly failures: number;
}

export type PowerState = 'on' | 'off' | 'unknown';
export type PowerChange = 'on' | 'off' | 'cycle';
export type BootDevice = 'pxe' | 'hdd';

/** What a machine's controller tells of it; null for what it does not. */
export interface HostFacts {
  readonly power: PowerState;
  readonly powerAddress: string | null;
  readonly memoryMib: number | null;
  readonly cpuCount: number | null;
  readonly bootMac: string | null;
  readonly bootIp: string | null;
  /** Kept as build data: plain JSON, never a secret. */
  readonly details: Readonly<Record<string, unknown>>;
}
