/**
 * What must hold before a batch goes on to its next wave. `gate` is pure and is the only place that decides it; no data
 * means HOLD.
 */
export interface GateSpec {
  /** Targets that may end other than well: failed, cancelled, or vanished. Both null: none. Both given: the fewer. */
  readonly maxFailures: number | null;
  readonly maxFailurePercent: number | null;
  /** Of these, targets of which nobody knows what became of them. */
  readonly maxUnknown: number;
  /** What somebody outside must have said about the wave after its jobs ended. */
  readonly checks: readonly GateCheckSpec[];
  /** Seconds after the wave's last job ended. */
  readonly soakS: number;
  readonly onBreach: GateAction;
}

export interface GateCheckSpec {
  readonly name: string;
  /** A result older than this many seconds says nothing; null: it stays good. */
  readonly maxAgeS: number | null;
}

/** halt: what has not started never does. pause: somebody decides. roll_back: halt, then undo what was done. */
export type GateAction = 'halt' | 'pause' | 'roll_back';

export type GateVerdict = 'ADVANCE' | 'HOLD' | 'HALT';

/** How the jobs of a wave ended. */
export interface WaveTally {
  readonly total: number;
  readonly succeeded: number;
  readonly failed: number;
  /** Of the failed. */
  readonly unknown: number;
  readonly cancelled: number;
  /** Planned and not there any more. */
  readonly vanished: number;
}
