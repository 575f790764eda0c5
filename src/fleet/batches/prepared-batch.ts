import type { JobSpec } from '../../orchestration/batches.service.js';
import type { GateSpec } from '../../orchestration/gate.js';
import type { RefusedTarget, Target, TargetKind } from '../../orchestration/targets/target-kinds.js';
import type { BatchRequest } from './batch-request.js';

/** A target that takes part, with the job that does its work. */
export interface PreparedTarget {
  readonly target: Target;
  readonly job: JobSpec;
  /** The target's own, for the rules that part targets into waves. */
  readonly site: string | null;
  readonly tags: readonly string[];
}

export interface PreparedWave {
  readonly label: string;
  readonly targets: readonly PreparedTarget[];
  readonly gate: GateSpec | null;
}

/** Everything a batch would be, found and decided, and nothing of it stored. */
export interface PreparedBatch {
  readonly request: BatchRequest;
  readonly kind: TargetKind;
  readonly jobKind: string;
  readonly waves: readonly PreparedWave[];
  /** Left out, since the request says to skip them. */
  readonly refused: readonly RefusedTarget[];
  readonly targetCount: number;
}
