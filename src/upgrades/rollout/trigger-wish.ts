import type { BatchMode, FailurePolicy } from '../../orchestration/plan.js';
import type { DeviceReference } from '../inventory/device-references.js';

/** What a trigger refers to, in the order it is looked up; undefined: not known, because the field was refused. */
export interface TriggerNames {
  readonly devices: readonly DeviceReference[];
  readonly workflowId?: number | null;
  readonly imageId?: number | null;
}

/** What a trigger asks for, in the domain's words; every value is of its type by now. */
export interface TriggerWish {
  readonly devices: readonly DeviceReference[];
  readonly imageId: number | null;
  readonly workflowId: number | null;
  readonly mode: BatchMode;
  /** When to start, and how it was written; null: now. */
  readonly schedule: { readonly at: Date; readonly text: string } | null;
  readonly activate: boolean;
  readonly cleanupFlash: boolean;
  readonly autoSelectImage: boolean;
  readonly remarks: string;
  readonly deviceRemarks: Readonly<Record<string, string>>;
  readonly maxParallel: number | null;
  readonly onFailure: FailurePolicy;
  readonly force: boolean;
  readonly allowDowngrade: boolean;
  readonly dryRun: boolean;
}
