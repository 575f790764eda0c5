import { EventEmitter } from 'node:events';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { Config } from '../../config/config.js';
import { parseSettings } from '../../config/settings.js';
import type { NodepoolWork } from '../nodepool-work.js';
import { HeldRequests } from './held-requests.js';

interface Held {
  readonly held: HeldRequests;
  readonly connection: EventEmitter;
  readonly answered: Promise<void>;
  readonly waits: { readonly ms: number; readonly signal: AbortSignal }[];
}

/** A request held for a batch that never ends by itself. */
function hold(headers: Record<string, string> = {}, wait = () => Promise.resolve()): Held {
  const waits: Held['waits'] = [];
  const waitFor = async (_batch: string, ms: number, signal: AbortSignal): Promise<boolean> => {
    waits.push({ ms, signal });
    await wait();
    if (!signal.aborted) await new Promise((resolve) => signal.addEventListener('abort', resolve));
    return false;
  };
  const held = new HeldRequests(new Config(parseSettings({})), { waitFor } as unknown as NodepoolWork);
  const connection = new EventEmitter();
  const reply = { raw: connection, header: () => undefined } as unknown as FastifyReply;
  return { held, connection, waits, answered: held.hold('batch', { headers } as FastifyRequest, reply) };
}

describe('a held request', () => {
  it('waits as long as the setting says, and no longer than its client', async () => {
    const { answered, connection, waits } = hold();
    expect(waits[0]?.ms).toBe(55_000);
    connection.emit('close');
    await answered;
    expect(waits[0]?.signal.aborted).toBe(true);
  });

  it('is let go when the process closes', async () => {
    const { answered, held } = hold();
    held.onModuleDestroy();
    await expect(answered).resolves.toBeUndefined();
  });

  it('is not held where it prefers not to be', async () => {
    const { answered, waits } = hold({ prefer: 'handling=lenient, respond-async' });
    await answered;
    expect(waits).toEqual([]);
  });

  it('is answered well when the wait fails: its work is recorded', async () => {
    const { answered } = hold({}, () => Promise.reject(new Error('no database')));
    await expect(answered).resolves.toBeUndefined();
  });
});
