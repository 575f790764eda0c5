import { PoolError, type PoolServer } from '../../drivers/pool/pool-provider.js';
import type { CheckOutcome, StepContext, StepHandler, StepOutcome } from '../../orchestration/step-handler.js';
import { againIfAway, crowded, ioOf, pollMs, type ServerSubject, type ServerWork, workOf } from './server-work.js';
import { hasTags } from './tags.js';

/** How long a provider that does not answer is asked what became of a server before the launch is given up. */
const ASKING_MS = 60_000;

/**
 * Creates the server, once. The announcement comes before the call and the tags go with it: after a crash, or an answer that
 * was lost, the provider itself says whether there is such a server (spec nodepool section 2.6).
 */
export const createStep: StepHandler<ServerSubject> = {
  async run(context) {
    const work = workOf(context.subject);
    const wait = crowded(work.provider);
    if (wait) return wait;
    await context.beforeIrreversible();
    try {
      const id = await work.provider.call(ioOf(context), (provider, io) => provider.createServer(work.wish, io));
      return await created(work, id);
    } catch (error) {
      if (error instanceof PoolError && error.code !== 'aborted') await context.remember({ problem: error.message });
      throw error;
    }
  },

  async check(context) {
    const work = workOf(context.subject);
    try {
      const servers = await work.provider.call(ioOf(context), (provider, io) => provider.listServers(io));
      const server = servers.find((candidate) => hasTags(candidate.tags, work.wish.tags));
      if (server) return await created(work, server.id);
      const problem = context.step.state?.['problem'];
      return {
        outcome: 'not_done',
        message: typeof problem === 'string' ? problem : `${work.provider.config.name} has no such server`,
      };
    } catch (error) {
      return giveUpAsking(context, error);
    }
  },
};

async function created(work: ServerWork, id: string): Promise<StepOutcome> {
  await work.hasServer(id);
  return { outcome: 'success', message: `server ${id}`, result: { server: id } };
}

function giveUpAsking(context: StepContext<unknown>, error: unknown): CheckOutcome {
  const askedFor = context.now() - Date.parse(context.step.sentAt ?? '');
  if (error instanceof PoolError && error.retryable && askedFor > ASKING_MS) {
    return { outcome: 'failed', message: `It is not known whether the server was created: ${error.message}` };
  }
  throw error;
}

/** Waits until the server is active and has an address. */
export const bootStep: StepHandler<ServerSubject> = {
  async run(context) {
    const work = workOf(context.subject);
    const wait = crowded(work.provider);
    if (wait) return wait;
    try {
      const id = serverId(context);
      const server = await work.provider.call(ioOf(context), (provider, io) => provider.getServer(id, io));
      return await judgeBoot(context, work, server);
    } catch (error) {
      return againIfAway(context, error);
    }
  },
};

async function judgeBoot(
  context: StepContext<unknown>,
  work: ServerWork,
  server: PoolServer | null,
): Promise<StepOutcome> {
  if (server === null) return { outcome: 'failed', message: 'The server is gone' };
  if (server.status === 'error') return { outcome: 'failed', message: server.message ?? 'The server went into error' };
  if (server.status === 'deleting') return { outcome: 'failed', message: 'Somebody deletes the server' };
  if (server.status === 'building') {
    return { outcome: 'again', afterMs: pollMs(context), waitingFor: 'the server to become active' };
  }
  if (!(await work.hasAddress(server))) return { outcome: 'failed', message: 'It is not wanted any more' };
  return { outcome: 'success', message: `active at ${server.ip ?? 'no address'}`, result: { ...server } };
}

/** Waits until it answers as its users need it. */
export const reachStep: StepHandler<ServerSubject> = {
  async run(context) {
    const work = workOf(context.subject);
    const server = activeServer(context);
    try {
      const answers = await work.provider.call(ioOf(context), (provider, io) =>
        provider.isReachable(server, work.reachability, io),
      );
      if (answers) return { outcome: 'success' };
      return { outcome: 'again', afterMs: pollMs(context), waitingFor: 'the server to answer' };
    } catch (error) {
      return againIfAway(context, error);
    }
  },
};

/** The id that the create step of this job found. */
export function serverId(context: Pick<StepContext<unknown>, 'steps'>): string {
  const id = context.steps.find(({ kind }) => kind === 'create')?.result?.['server'];
  if (typeof id !== 'string') throw new Error('This job has created no server');
  return id;
}

/** The server as the boot step of this job saw it. */
export function activeServer(context: Pick<StepContext<unknown>, 'steps'>): PoolServer {
  const server = context.steps.find(({ kind }) => kind === 'boot')?.result;
  if (server === undefined) throw new Error('This job has no active server');
  return server as unknown as PoolServer;
}
