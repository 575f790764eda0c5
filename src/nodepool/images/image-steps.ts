import { PoolError, type Tags } from '../../drivers/pool/pool-provider.js';
import type { CheckOutcome, StepContext, StepHandler, StepOutcome } from '../../orchestration/step-handler.js';
import { ActionError } from '../../common/errors.js';
import type { ProviderAccess } from '../providers/provider-access.js';
import { serverId } from '../providers/server-steps.js';
import { againIfAway, crowded, ioOf, pollMs } from '../providers/server-work.js';
import { hasTags } from '../providers/tags.js';

/** The image that a job makes at a provider. The functions are the database's side. */
export interface ImageWork {
  readonly provider: ProviderAccess;
  readonly name: string;
  readonly tags: Tags;
  started(): Promise<void>;
  hasImage(externalId: string): Promise<void>;
}

/** Where the build of a disk image stands. */
export type BuildProgress =
  | { readonly state: 'building' }
  | { readonly state: 'ready'; readonly file: string; readonly format: string }
  | { readonly state: 'gone'; readonly problem: string };

export interface ImageSubject {
  readonly image: ImageWork | { readonly refused: string };
  readonly build: BuildProgress;
}

/** Longest an upload may take; its step's own limit is the same. */
const UPLOAD_S = 6 * 3600;
const LOOK_AT_BUILD_MS = 1_000;

function imageOf(subject: ImageSubject): ImageWork {
  if ('refused' in subject.image) throw new ActionError(subject.image.refused, { code: 'refused', retryable: false });
  return subject.image;
}

/** An upload that was asked for while its build was not ready (spec nodepool section 1.7). */
export const builtStep: StepHandler<ImageSubject> = {
  run({ subject: { build } }) {
    if (build.state === 'gone') return Promise.resolve({ outcome: 'failed', message: build.problem });
    if (build.state === 'ready') return Promise.resolve({ outcome: 'success' });
    return Promise.resolve({ outcome: 'again', afterMs: LOOK_AT_BUILD_MS, waitingFor: 'the build' });
  },
};

/** Uploads once; what became of an upload whose answer was lost, the provider says itself. */
export const uploadStep: StepHandler<ImageSubject> = {
  async run(context) {
    const image = imageOf(context.subject);
    const { build } = context.subject;
    if (build.state !== 'ready') return { outcome: 'failed', message: 'The build is gone' };
    const wait = crowded(image.provider);
    if (wait) return wait;
    await image.started();
    await context.beforeIrreversible();
    const { name, tags } = image;
    return make(context, image, (access, io) =>
      access.call(
        io,
        (provider, poolIo) => provider.uploadImage({ name, file: build.file, format: build.format, tags }, poolIo),
        UPLOAD_S,
      ),
    );
  },

  /** One that is not whole cannot be gone on with: it is deleted, and uploaded anew. */
  check: (context) => askForImage(context, true),
};

/** Makes an image of the template server that this job has set up. */
export const snapshotStep: StepHandler<ImageSubject> = {
  async run(context) {
    const image = imageOf(context.subject);
    const wait = crowded(image.provider);
    if (wait) return wait;
    await context.beforeIrreversible();
    const { name, tags } = image;
    return make(context, image, (access, io) =>
      access.call(io, (provider, poolIo) => provider.snapshotServer(serverId(context), name, tags, poolIo)),
    );
  },

  check: (context) => askForImage(context, false),
};

async function make(
  context: StepContext<ImageSubject>,
  image: ImageWork,
  act: (access: ProviderAccess, io: ReturnType<typeof ioOf>) => Promise<string>,
): Promise<StepOutcome> {
  try {
    return await made(image, await act(image.provider, ioOf(context)));
  } catch (error) {
    if (error instanceof PoolError && error.code !== 'aborted') await context.remember({ problem: error.message });
    throw error;
  }
}

async function made(image: ImageWork, id: string): Promise<StepOutcome> {
  await image.hasImage(id);
  return { outcome: 'success', message: `image ${id}`, result: { image: id } };
}

async function askForImage(context: StepContext<ImageSubject>, needsWhole: boolean): Promise<CheckOutcome> {
  const image = imageOf(context.subject);
  const io = ioOf(context);
  const images = await image.provider.call(io, (provider, poolIo) => provider.listImages(poolIo));
  const found = images.filter((candidate) => hasTags(candidate.tags, image.tags));
  const usable = found.find(({ status }) => status === 'active' || (!needsWhole && status === 'building'));
  if (usable) return made(image, usable.id);
  for (const { id } of found) await image.provider.call(io, (provider, poolIo) => provider.deleteImage(id, poolIo));
  const problem = context.step.state?.['problem'];
  return {
    outcome: 'not_done',
    message: typeof problem === 'string' ? problem : `${image.provider.config.name} has no such image`,
  };
}

/** Waits until the image can be used. */
export const settleStep: StepHandler<ImageSubject> = {
  async run(context) {
    const { provider } = imageOf(context.subject);
    const wait = crowded(provider);
    if (wait) return wait;
    const id = context.steps.find(({ result }) => typeof result?.['image'] === 'string')?.result?.['image'];
    if (typeof id !== 'string') throw new Error('This job has made no image');
    try {
      const image = await provider.call(ioOf(context), (pool, io) => pool.getImage(id, io));
      if (image === null) return { outcome: 'failed', message: 'The image is gone' };
      if (image.status === 'error') return { outcome: 'failed', message: image.message ?? 'The image went into error' };
      if (image.status === 'active') return { outcome: 'success' };
      return { outcome: 'again', afterMs: pollMs(context), waitingFor: 'the image to become active' };
    } catch (error) {
      return againIfAway(context, error);
    }
  },
};

/** Deletes the template server and waits until it is gone; it is in nobody's way, so this may take its time. */
export const clearStep: StepHandler<ImageSubject> = {
  async run(context) {
    const { provider } = imageOf(context.subject);
    const wait = crowded(provider);
    if (wait) return wait;
    const id = serverId(context);
    try {
      if (context.step.state?.['asked'] !== true) {
        await provider.call(ioOf(context), (pool, io) => pool.deleteServer(id, io));
        await context.remember({ asked: true });
      }
      const server = await provider.call(ioOf(context), (pool, io) => pool.getServer(id, io));
      if (server === null) return { outcome: 'success' };
      return { outcome: 'again', afterMs: pollMs(context), waitingFor: 'the template server to go' };
    } catch (error) {
      return againIfAway(context, error);
    }
  },
};
