/** Limits and pauses in milliseconds (spec upgrade section 4.3). */
export interface IosXeTiming {
  readonly connectMs: number;
  readonly commandMs: number;
  readonly dirMs: number;
  readonly saveMs: number;
  readonly verifyMs: number;
  readonly copyMs: number;
  /** A copy that moves no byte for that long is dead. */
  readonly copyIdleMs: number;
  readonly installMs: number;
  readonly installIdleMs: number;
  /** Between two looks at a growing file, or at an operation that somebody else started. */
  readonly pollMs: number;
  /** Silence after which a first prompt is believed. */
  readonly quietMs: number;
  /**
   * For so long after an irreversible command was announced, a box that looks untouched is not believed: the command may
   * still be on its way.
   */
  readonly settleMs: number;
}

export const DEFAULT_TIMING: IosXeTiming = {
  connectMs: 15_000,
  commandMs: 30_000,
  dirMs: 60_000,
  saveMs: 120_000,
  verifyMs: 900_000,
  copyMs: 3_600_000,
  copyIdleMs: 300_000,
  installMs: 3_600_000,
  installIdleMs: 900_000,
  pollMs: 5_000,
  quietMs: 100,
  settleMs: 10_000,
};
