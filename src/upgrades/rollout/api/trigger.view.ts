import type { TriggerResult } from '../trigger.service.js';
import type { TriggerWish } from '../trigger-wish.js';

export interface TriggerView {
  readonly status: 'success';
  readonly jobs_created: number;
  readonly job_ids: readonly number[];
  readonly execution_mode: string;
  readonly batch_id: string | null;
  readonly scheduled: boolean;
  readonly schedule_time: string | null;
  readonly workflow: string | null;
  readonly dry_run?: true;
  readonly details: readonly DetailView[];
}

type DetailView = { readonly device_id: number; readonly device_hostname: string } & (
  | { readonly job_id?: number; readonly image: string; readonly workflow: string; readonly status: string }
  | { readonly error: string; readonly message: string }
);

/** The answer to a trigger: the documented fields, those the original sends besides, and `dry_run` (spec section 1.3). */
export function toTriggerView(result: TriggerResult, wish: TriggerWish): TriggerView {
  return {
    status: 'success',
    jobs_created: result.jobIds.length,
    job_ids: result.jobIds,
    execution_mode: wish.mode,
    batch_id: result.batchId,
    scheduled: result.scheduled,
    schedule_time: wish.schedule?.text ?? null,
    workflow: result.workflowName,
    ...(wish.dryRun ? { dry_run: true as const } : {}),
    details: result.devices.map((device): DetailView => {
      const who = { device_id: device.id, device_hostname: device.hostname };
      if ('error' in device) return { ...who, error: device.error, message: device.message };
      return {
        ...who,
        ...(device.jobId === null ? {} : { job_id: device.jobId }),
        image: device.image,
        workflow: result.workflowName ?? 'Default',
        status: result.scheduled ? 'scheduled' : 'pending',
      };
    }),
  };
}
