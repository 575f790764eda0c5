import type { JobSpec } from '../../orchestration/batches.service.js';
import type { Image } from '../images/image.entity.js';
import type { ResolvedDevice } from '../inventory/device-lookup.service.js';
import type { TriggerWish } from './trigger-wish.js';
import { planSteps, type LimitSettings, type PlannedStep } from './upgrade-steps.js';
import type { UpgradeInput } from './upgrade-subject.js';

/** What is known when a trigger is decided: everything it names, found. */
export interface TriggerFacts {
  readonly devices: readonly ResolvedDevice[];
  readonly image: Image | null;
  /** Device id to golden image. */
  readonly golden: ReadonlyMap<number, Image>;
  /** Model id to the images it may run; a model without any may run all. */
  readonly supported: ReadonlyMap<number, ReadonlySet<number>>;
  readonly platforms: readonly string[];
  readonly workflow: { readonly id: number; readonly name: string; readonly steps: readonly PlannedStep[] } | null;
  readonly defaultSteps: readonly PlannedStep[];
  /** Platform to its checks: name to command. */
  readonly checks: ReadonlyMap<string, Readonly<Record<string, string>>>;
  readonly limits: LimitSettings;
}

/** What becomes of one device: a job with its image, or the reason why there is none. */
export type DevicePlan =
  | { readonly device: ResolvedDevice; readonly image: Image; readonly job: JobSpec }
  | { readonly device: ResolvedDevice; readonly refusal: Refusal };

export interface Refusal {
  readonly error: string;
  readonly message: string;
}

/** Decides for every device, in the order asked for (spec upgrade section 1.3, `details`). */
export function planTrigger(wish: TriggerWish, facts: TriggerFacts): DevicePlan[] {
  const stepsBySite = new Map<number | null, JobSpec['steps']>();
  const stepsOf = (siteId: number | null): JobSpec['steps'] => {
    const known = stepsBySite.get(siteId);
    if (known) return known;
    const steps = planSteps(facts.workflow?.steps ?? facts.defaultSteps, {
      activate: wish.activate,
      siteId,
      limits: facts.limits,
    });
    stepsBySite.set(siteId, steps);
    return steps;
  };
  return facts.devices.map((device) => {
    const chosen = chooseImage(wish, facts, device);
    if ('error' in chosen) return { device, refusal: chosen };
    return { device, image: chosen, job: jobFor(wish, facts, device, chosen, stepsOf(device.siteId)) };
  });
}

function chooseImage(wish: TriggerWish, facts: TriggerFacts, device: ResolvedDevice): Image | Refusal {
  const { hostname, platform, modelName, modelId } = device;
  if (!facts.platforms.includes(platform)) {
    return {
      error: 'Device model not supported',
      message: `${hostname} (${modelName ?? 'no model'}) has the platform ${platform}, which has no driver`,
    };
  }
  if (!facts.image && !wish.autoSelectImage) {
    return {
      error: 'No image specified',
      message: 'Please provide image_id or set auto_select_image=true',
    };
  }
  const image = facts.image ?? facts.golden.get(device.id);
  if (!image) return { error: 'No image configured', message: 'Device model has no golden image set' };
  const supported = modelId === null ? undefined : facts.supported.get(modelId);
  if (supported && supported.size > 0 && !supported.has(image.id)) {
    return {
      error: 'Image not supported',
      message: `Image ${image.filename} is not in the supported images of model ${modelName}`,
    };
  }
  if (image.platform !== null && image.platform !== platform) {
    return {
      error: 'Image not supported',
      message: `Image ${image.filename} is for ${image.platform}, ${hostname} is ${platform}`,
    };
  }
  if (image.status !== 'ready') {
    return { error: 'Image not available', message: `Image ${image.filename} is ${image.status}` };
  }
  return image;
}

function jobFor(
  wish: TriggerWish,
  facts: TriggerFacts,
  device: ResolvedDevice,
  image: Image,
  steps: JobSpec['steps'],
): JobSpec {
  const input: UpgradeInput = {
    deviceId: device.id,
    imageId: image.id,
    imageFilename: image.filename,
    imageVersion: image.version,
    workflowId: facts.workflow?.id ?? null,
    workflowName: facts.workflow?.name ?? null,
    activate: wish.activate,
    cleanupFlash: wish.cleanupFlash,
    force: wish.force,
    allowDowngrade: wish.allowDowngrade,
    remarks: wish.deviceRemarks[String(device.id)] ?? wish.deviceRemarks[device.hostname] ?? wish.remarks,
    checks: facts.checks.get(device.platform) ?? {},
  };
  return { targetKind: 'device', targetId: String(device.id), label: device.hostname, input, steps };
}
