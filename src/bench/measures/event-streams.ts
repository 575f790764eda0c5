import { setTimeout as sleep } from 'node:timers/promises';
import { type BenchPlace, TOKEN } from '../bench-place.js';
import { type BenchRow, megabytes, whole } from '../bench-report.js';
import { provideDevices, provideModel, triggerAll, untilEnded } from '../simulated-fleet.js';

const LOOK_MS = 200;

interface Complete {
  readonly open: number;
  readonly reached: number;
  readonly whole: number;
}

interface Expected {
  readonly last: number;
  readonly events: number;
  readonly sum: number;
}

/** Many clients of one process's event stream while a batch runs in it: each has to get every event, in order. */
export async function measureEventStreams(place: BenchPlace): Promise<BenchRow> {
  const { streamClients: count, streamJobs } = place.sizes;
  const { child, url, api } = await place.slipway('all');
  await provideModel(api);
  const devices = await provideDevices(place, api, { prefix: 'streamed', count: streamJobs });
  const before = await child.memory();
  const clients = await place.child('stream-clients', {});
  // Said to the clients, so that what is left of other measures is counted by both sides or by none.
  const from = await latest(place);
  await clients.ask('open', { url, token: TOKEN, count, after: from });
  const { batch_id } = await triggerAll(api, devices);
  await untilEnded(place, batch_id);
  const endedAt = performance.now();
  const expected = await eventsSince(place, from, batch_id);
  const complete = await untilComplete(place, () => clients.ask<Complete>('complete', expected), count);
  const seconds = (performance.now() - endedAt) / 1000;
  const after = await child.memory();
  const grown = Math.max(0, after.peak - before.rss);
  return {
    measure: `event stream, ${whole(count)} clients, a batch of ${whole(streamJobs)} jobs`,
    measured: `${whole(complete.whole)} got all ${whole(expected.events)} events, the last ${seconds.toFixed(1)} s after its end`,
    baseline: `${megabytes(grown)} more at its peak`,
    ratio: null,
    aim: 'all of them',
    met: complete.whole === count,
    figures: { clients: count, whole: complete.whole, events: expected.events, seconds, grownBytes: grown },
  };
}

async function latest(place: BenchPlace): Promise<number> {
  await place.until({ statement: EMPTY, parameters: [], what: 'an empty outbox' });
  const { rows } = await place.sql.query<{ seq: number }>('select coalesce(max(seq), 0)::float8 as seq from events');
  return rows[0]!.seq;
}

const EMPTY = 'select 1 where not exists (select 1 from event_outbox)';

/** All that was put into the log meanwhile, up to the end of the batch. */
async function eventsSince(place: BenchPlace, from: number, batchId: string): Promise<Expected> {
  const statement = `select 1 from events where batch_id = $1 and type = 'batch.succeeded'`;
  await place.until({ statement, parameters: [batchId], what: 'the last event of the batch' });
  await place.until({ statement: EMPTY, parameters: [], what: 'an empty outbox' });
  const { rows } = await place.sql.query<Expected>(
    'select max(seq)::float8 as last, count(*)::integer as events, sum(seq)::float8 as sum from events where seq > $1',
    [from],
  );
  return rows[0]!;
}

async function untilComplete(place: BenchPlace, ask: () => Promise<Complete>, count: number): Promise<Complete> {
  const end = Date.now() + place.sizes.limitMs;
  for (;;) {
    place.signal.throwIfAborted();
    const complete = await ask();
    if (complete.reached === count || complete.open < count || Date.now() > end) return complete;
    await sleep(LOOK_MS);
  }
}
