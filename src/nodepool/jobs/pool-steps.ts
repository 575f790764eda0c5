import type { StepSpec } from '../../orchestration/step.js';
import type { DiskimageConfig, LabelConfig, ProviderConfig, ProviderImageConfig } from '../config/nodepool-config.js';

/** A deletion is never given up (spec nodepool section 2.2). */
const FOR_EVER_S = 10 * 365 * 86_400;
/** The most a provider may take to make an image usable (spec section 2.5). */
const IMAGE_S = 6 * 3600;
/** A build that waits for its turn, or an upload that waits for its build: as long as the builds before it may take. */
const QUEUE_S = 7 * 86_400;

/** One build at a time, over all processes: they are heavy, and the original has one builder too. */
const BUILD_LIMIT = { name: 'nodepool:build', max: 1 };

function step(kind: string, name: string, timeoutS: number, extra: Partial<StepSpec> = {}): StepSpec {
  return { name, kind, phase: kind, config: {}, timeoutS, retries: 0, retryDelayS: 5, ...extra };
}

/** `label` null: a static host, where nothing is to be run. */
export function launchSteps(provider: ProviderConfig, label: LabelConfig | null): StepSpec[] {
  const script = label?.readyScript ?? null;
  return [
    step('create', 'Create the server', provider.launchTimeoutS),
    step('boot', 'Wait until it is active', provider.launchTimeoutS, { repeatable: true }),
    step('reach', 'Wait until it answers', provider.bootTimeoutS, { repeatable: true }),
    step('prepare', 'Run the ready-script', provider.launchTimeoutS, {
      config: { script },
      ...(script === null ? { skip: 'no ready-script' } : {}),
    }),
  ];
}

export function deleteSteps(what: string): StepSpec[] {
  return [step('remove', `Delete the ${what}`, FOR_EVER_S, { repeatable: true })];
}

export function uploadSteps(): StepSpec[] {
  return [
    step('built', 'Wait for the build', QUEUE_S, { repeatable: true }),
    step('upload', 'Upload the disk image', IMAGE_S, { measured: true, retries: 2 }),
    step('settle', 'Wait until the image is active', IMAGE_S, { repeatable: true }),
  ];
}

export function snapshotSteps(provider: ProviderConfig, image: ProviderImageConfig): StepSpec[] {
  return [
    step('create', 'Create the template server', provider.launchTimeoutS),
    step('boot', 'Wait until it is active', provider.launchTimeoutS, { repeatable: true }),
    step('reach', 'Wait until it answers', provider.bootTimeoutS, { repeatable: true }),
    step('setup', `Run ${image.setup ?? 'no setup'}`, IMAGE_S, { config: { script: image.setup } }),
    step('snapshot', 'Make an image of it', IMAGE_S),
    step('settle', 'Wait until the image is active', IMAGE_S, { repeatable: true }),
    step('clear', 'Delete the template server', IMAGE_S, { repeatable: true }),
  ];
}

export function buildSteps(diskimage: DiskimageConfig): StepSpec[] {
  return [
    // Beyond its own time limit for ending what does not end by itself.
    step('build', `Build ${diskimage.name}`, diskimage.buildTimeoutS + 600, {
      limits: [BUILD_LIMIT],
      repeatable: true,
    }),
  ];
}
