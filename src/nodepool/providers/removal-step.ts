import type { PoolIo, PoolProvider, Tags } from '../../drivers/pool/pool-provider.js';
import type { StepContext, StepHandler, StepOutcome } from '../../orchestration/step-handler.js';
import { nextTryMs } from './backoffs.service.js';
import type { ProviderAccess } from './provider-access.js';
import { crowded, ioOf } from './server-work.js';
import { hasTags } from './tags.js';

/** What has to be gone at the provider before a row may go. */
export interface Removal {
  readonly provider: ProviderAccess;
  /** Null: nobody recorded one, so it is looked for by its tags. */
  readonly serverId: string | null;
  readonly serverTags: Tags | null;
  readonly imageId: string | null;
  readonly imageTags: Tags | null;
}

export interface RemovalSubject {
  /** Null: the row is gone already. Otherwise why it cannot be done now, as a sentence. */
  readonly removal: Removal | { readonly problem: string } | null;
  hasProblem(problem: string): Promise<void>;
}

/** A deletion that was accepted and led to nothing is asked for again (spec nodepool section 2.5). */
const ASK_AGAIN_MS = 600_000;
const NO_PROVIDER_MS = 30_000;
const LONGEST_POLL_MS = 5_000;

type Asked = Readonly<Record<string, number>>;

/**
 * Deletes by id what stands for a row at its provider and waits until the provider confirms that it is gone. Never gives up:
 * a failure is shown on the row and tried again (spec sections 2.2 and 2.6).
 */
export const removalStep: StepHandler<RemovalSubject> = {
  async run(context) {
    const { removal } = context.subject;
    if (removal === null) return { outcome: 'success', message: 'it is gone already' };
    if ('problem' in removal) {
      if (context.step.message !== removal.problem) await context.subject.hasProblem(removal.problem);
      return { outcome: 'again', afterMs: NO_PROVIDER_MS, waitingFor: removal.problem };
    }
    const wait = crowded(removal.provider);
    if (wait) return wait;
    try {
      return await remove(context, removal);
    } catch (error) {
      if (context.signal.aborted) throw error;
      return tryAgain(context, error instanceof Error ? error.message : String(error));
    }
  },
};

async function tryAgain(context: StepContext<RemovalSubject>, problem: string): Promise<StepOutcome> {
  const failures = numberOf(context.step.state?.['failures']);
  await context.subject.hasProblem(problem);
  await context.remember({ failures: failures + 1 });
  return { outcome: 'again', afterMs: nextTryMs(failures), waitingFor: problem };
}

async function remove(context: StepContext<RemovalSubject>, removal: Removal): Promise<StepOutcome> {
  const call = <T>(act: (provider: PoolProvider, io: PoolIo) => Promise<T>): Promise<T> =>
    removal.provider.call(ioOf(context), act);
  const servers = await idsOf(removal.serverId, removal.serverTags, () =>
    call((provider, io) => provider.listServers(io)),
  );
  const images = await idsOf(removal.imageId, removal.imageTags, () => call((provider, io) => provider.listImages(io)));
  const things = [
    ...servers.map((id) => ({
      name: `server ${id}`,
      end: () => call((provider, io) => provider.deleteServer(id, io)),
      // A host that existed before us goes on existing: giving it back is all there is to do.
      isThere: async () =>
        removal.provider.config.driver !== 'static' &&
        (await call((provider, io) => provider.getServer(id, io))) !== null,
    })),
    ...images.map((id) => ({
      name: `image ${id}`,
      end: () => call((provider, io) => provider.deleteImage(id, io)),
      isThere: async () => (await call((provider, io) => provider.getImage(id, io))) !== null,
    })),
  ];
  for (const thing of things) {
    await askOnce(context, thing.name, thing.end);
    if (await thing.isThere()) return stillThere(context, thing.name);
  }
  return { outcome: 'success', message: things.map(({ name }) => `${name} is gone`).join(', ') || 'there was nothing' };
}

async function askOnce(context: StepContext<RemovalSubject>, name: string, end: () => Promise<void>): Promise<void> {
  const asked = askedOf(context);
  if (context.now() - (asked[name] ?? 0) < ASK_AGAIN_MS) return;
  await end();
  await context.remember({ asked: { ...asked, [name]: context.now() } });
}

function stillThere(context: StepContext<RemovalSubject>, name: string): StepOutcome {
  const since = context.now() - (askedOf(context)[name] ?? 0);
  const afterMs = Math.min(LONGEST_POLL_MS, Math.max(200, since / 3));
  return { outcome: 'again', afterMs, waitingFor: `${name} to go` };
}

function askedOf(context: StepContext<RemovalSubject>): Asked {
  return (context.step.state?.['asked'] ?? {}) as Asked;
}

async function idsOf(
  known: string | null,
  tags: Tags | null,
  list: () => Promise<readonly { readonly id: string; readonly tags: Tags }[]>,
): Promise<string[]> {
  if (known !== null) return [known];
  if (tags === null) return [];
  return (await list()).filter((thing) => hasTags(thing.tags, tags)).map(({ id }) => id);
}

function numberOf(value: unknown): number {
  return typeof value === 'number' ? value : 0;
}
