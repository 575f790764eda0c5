import { randomUUID } from 'node:crypto';
import { connect, type Socket } from 'node:net';
import { EventStreamsService } from '../../src/fleet/events/api/event-streams.service.js';
import { batch, Bench, job, step, World } from '../orchestration/probe.js';
import { EventClient } from './event-client.js';

describe('many clients of the event stream, and bad ones', () => {
  let bench: Bench;
  let streams: EventStreamsService;
  const clients: EventClient[] = [];
  const sockets: Socket[] = [];

  beforeAll(async () => {
    bench = await Bench.start(new World());
    streams = bench.app.app.get(EventStreamsService);
  });
  afterEach(async () => {
    for (const client of clients.splice(0)) client.close();
    for (const socket of sockets.splice(0)) socket.destroy();
    await bench.until(async () => ((await gauge('slipway_event_streams')) === 0 ? true : undefined));
  });
  afterAll(() => bench.close());

  const open = async (path = '', headers: Record<string, string> = {}): Promise<EventClient> => {
    const client = await EventClient.open(bench.app.url, bench.app.adminToken, path, headers);
    clients.push(client);
    return client;
  };
  const gauge = async (name: string): Promise<number> => {
    const { body } = await bench.app.inject('/metrics');
    return Number(new RegExp(`^${name} (\\S+)$`, 'm').exec(body)?.[1]);
  };
  /** Somebody who asks and then reads nothing. */
  const deaf = (path = ''): Promise<Socket> =>
    new Promise((resolve) => {
      const { hostname, port } = new URL(bench.app.url);
      const socket = connect(Number(port), hostname, () => {
        socket.write(
          `GET /fleet/v1/events${path} HTTP/1.1\r\nHost: x\r\nAuthorization: Token ${bench.app.adminToken}\r\n\r\n`,
        );
        resolve(socket);
      });
      socket.on('error', () => undefined);
      socket.pause();
      sockets.push(socket);
    });
  /** Events of a kilobyte each, as many as no socket's buffers hold. */
  const flood = (id: string, count: number) =>
    bench.sql.query(
      `insert into event_outbox (type, batch_id, data)
       select 'batch.changed', $1, jsonb_build_object('number', n, 'text', repeat('x', 1000)) from generate_series(1, $2) n`,
      [id, count],
    );
  const openStreams = () => [...(streams['streams'] as unknown as Set<{ response: { writableLength: number } }>)];

  it('each get every event of a batch, in order', async () => {
    const all = await Promise.all(Array.from({ length: 100 }, () => open()));
    const { id } = await bench.submit(batch(Array.from({ length: 100 }, (_, n) => job(`many${n}`, [step('one')]))));
    const isEnd = (client: EventClient) =>
      client.events.some(({ event, data }) => event === 'batch.succeeded' && data.batch_id === id);
    for (const client of all) await client.until(isEnd);
    const stored = await bench.sql.query<{ seq: number }[]>(
      'select seq::float8 as seq from events where batch_id = $1 order by seq',
      [id],
    );
    const expected = stored.map(({ seq }) => seq).join();
    const wrong = all.filter(
      ({ events }) =>
        events
          .filter(({ data }) => data.batch_id === id)
          .map((event) => event.id)
          .join() !== expected,
    );
    expect(stored.length).toBe(304);
    expect(wrong).toHaveLength(0);
    expect(await gauge('slipway_event_streams')).toBe(100);
  });

  it('are cut off when they stop reading, holding little meanwhile, and the others miss nothing', async () => {
    streams.patienceMs = 1_500;
    const before = streams.dropped;
    const good = await open('?type=batch.changed');
    for (const path of ['', '?type=batch.*', '?after=0']) await deaf(path);
    await bench.until(() => (openStreams().length === 4 ? true : undefined));
    const id = randomUUID();
    let most = 0;
    const sampling = setInterval(() => {
      for (const { response } of openStreams()) most = Math.max(most, response.writableLength);
    }, 5);
    await flood(id, 30_000);
    await good.until(({ events }) => events.filter(({ data }) => data.batch_id === id).length === 30_000);
    await bench.until(() => (streams.dropped === before + 3 ? true : undefined));
    clearInterval(sampling);
    const numbers = good.events.filter(({ data }) => data.batch_id === id).map(({ data }) => data.data['number']);
    expect(numbers.join()).toBe(Array.from({ length: 30_000 }, (_, n) => n + 1).join());
    // A page of a thousand, and what may be pending before one is written; the flood is forty megabytes.
    expect(most).toBeLessThan(3 * 1024 * 1024);
    expect(await gauge('slipway_event_streams')).toBe(1);
    expect(await gauge('slipway_event_streams_dropped')).toBe(before + 3);
    streams.patienceMs = 30_000;
  });

  it('may be slow: one that reads after a while gets all it was not sent, in order', async () => {
    const slow = await open();
    slow.incoming.pause();
    const id = randomUUID();
    await flood(id, 12_000);
    const fast = await open(`?after=0&batch_id=${id}`);
    await fast.until(({ events }) => events.length === 12_000);
    expect(slow.events.length).toBeLessThan(12_000);
    slow.incoming.resume();
    await slow.until(({ events }) => events.filter(({ data }) => data.batch_id === id).length >= 12_000);
    const numbers = slow.events.filter(({ data }) => data.batch_id === id).map(({ data }) => data.data['number']);
    expect(numbers.join()).toBe(Array.from({ length: 12_000 }, (_, n) => n + 1).join());
  });

  it('hear something now and then, so that they come back where they were, and are cut off when that is not taken', async () => {
    const client = await open('?type=job.failed');
    const { id } = await bench.submit(batch([job('quiet', [step('one')])]));
    await bench.ended(id);
    await client.until(({ lastId }) => {
      streams.keepAlive();
      return lastId !== '' && Number(lastId) > 0;
    });
    expect(client.events).toEqual([]);
    const [last] = await bench.sql.query<{ seq: number }[]>('select max(seq)::float8 as seq from events');
    expect(Number(client.lastId)).toBeLessThanOrEqual(last!.seq);
  });

  it('are let go when the server stops, which does not wait for them', async () => {
    const other = await Bench.start(new World(), { database: bench.app.database });
    const client = await EventClient.open(other.app.url, other.app.adminToken);
    await other.close();
    await client.until(({ closed }) => closed);
  });
});
