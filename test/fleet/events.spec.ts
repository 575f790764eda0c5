import { batch, Bench, job, World } from '../orchestration/probe.js';
import { SequencerService } from '../../src/fleet/events/sequencer.service.js';
import { EventClient } from './event-client.js';
import { problemOf } from './fleet.js';

describe('the event stream', () => {
  let world: World;
  let bench: Bench;
  const clients: EventClient[] = [];

  beforeAll(async () => {
    world = new World();
    bench = await Bench.start(world);
  });
  afterEach(() => {
    world.acts.clear();
    for (const client of clients.splice(0)) client.close();
  });
  afterAll(() => bench.close());

  const open = async (path = '', headers: Record<string, string> = {}): Promise<EventClient> => {
    const client = await EventClient.open(bench.app.url, bench.app.adminToken, path, headers);
    clients.push(client);
    return client;
  };
  const endOf = (id: string) => (client: EventClient) =>
    client.events.some(
      ({ event, data }) => data.batch_id === id && /^batch\.(succeeded|failed|cancelled)$/.test(event),
    );
  const of = (client: EventClient, id: string) => client.events.filter(({ data }) => data.batch_id === id);

  it('answers a HEAD with what a GET would begin with, and ends', async () => {
    const answer = await fetch(`${bench.app.url}/fleet/v1/events`, {
      method: 'HEAD',
      headers: { authorization: `Token ${bench.app.adminToken}` },
      signal: AbortSignal.timeout(30_000),
    });
    expect([answer.status, answer.headers.get('content-type')]).toEqual([200, 'text/event-stream; charset=utf-8']);
  });

  it('tells every change of a batch, its wave and its jobs, in the order they were made', async () => {
    const client = await open();
    expect(client.incoming.statusCode).toBe(200);
    expect(client.incoming.headers['content-type']).toBe('text/event-stream; charset=utf-8');
    world.on('two', async ({ job: { label } }) => {
      if (label === 'bad') throw new Error('it broke');
      return { outcome: 'success' };
    });
    const { id, jobIds } = await bench.submit(batch([job('good'), job('bad')]));
    await client.until(endOf(id));
    const seen = of(client, id);
    const told = (jobId: number) => seen.filter(({ data }) => data.job_id === jobId);
    const [good, bad] = jobIds;
    expect(told(good!).map(({ event }) => event)).toEqual(['job.queued', 'job.running', 'job.step', 'job.succeeded']);
    expect(told(bad!).map(({ event }) => event)).toEqual(['job.queued', 'job.running', 'job.step', 'job.failed']);
    expect(seen.filter(({ data }) => data.job_id === null).map(({ event }) => event)).toEqual([
      'batch.created',
      'wave.open',
      'wave.done',
      'batch.failed',
    ]);
    expect(told(bad!).at(-1)!.data).toMatchObject({
      type: 'job.failed',
      batch_id: id,
      wave: 0,
      target_kind: 'probe',
      target_id: 'bad',
      dialect: 'probe',
      data: {
        status: 'failed',
        from: 'running',
        label: 'bad',
        step: 'two',
        reason: expect.stringContaining('it broke') as string,
      },
    });
    expect(seen.map((event) => event.id)).toEqual(seen.map((event) => event.id).sort((a, b) => a - b));
    expect(seen.every((event) => event.data.seq === event.id)).toBe(true);
    expect(seen[0]!.data.data).toMatchObject({ status: 'running', jobs: 2, created_by: 'test' });
  });

  it('begins after the last event a client had, and misses and doubles none', async () => {
    const first = await bench.submit(batch([job('r1'), job('r2')]));
    await bench.ended(first.id);
    const all = await (await open('?after=0')).until(endOf(first.id));
    const half = all.events[Math.floor(all.events.length / 2)]!;
    const resumed = await open('', { 'last-event-id': String(half.id) });
    const second = await bench.submit(batch([job('r3')]));
    await resumed.until(endOf(second.id));
    await all.until(endOf(second.id));
    expect(resumed.events.map(({ id }) => id)).toEqual(all.events.map(({ id }) => id).filter((id) => id > half.id));
    expect(new Set(all.events.map(({ id }) => id)).size).toBe(all.events.length);
  });

  it('tells only what was asked for, live and again', async () => {
    const before = await open('?type=batch.*,job.failed');
    world.on('one', async () => Promise.reject(new Error('no')));
    const { id, jobIds } = await bench.submit(batch([job('f1'), job('f2')]));
    const other = await bench.submit(batch([job('f3')]));
    await before.until(endOf(id));
    await before.until(endOf(other.id));
    const after = await open(`?after=0&batch_id=${id.toUpperCase()}&type=batch.*,job.failed`);
    await after.until(endOf(id));
    expect(after.events.map((event) => event.id)).toEqual(of(before, id).map((event) => event.id));
    expect(new Set(before.types)).toEqual(new Set(['batch.created', 'job.failed', 'batch.failed']));
    const one = await open(`?after=0&job_id=${jobIds[1]}`);
    await one.until(({ types }) => types.includes('job.failed'));
    expect(one.types).toEqual(['job.queued', 'job.running', 'job.failed']);
    const target = await open('?after=0&target_kind=probe&target_id=f3&dialect=probe,other&type=job.failed');
    await target.until(({ types }) => types.length > 0);
    expect(target.events.map(({ data }) => data.batch_id)).toEqual([other.id]);
    expect((await open('?after=0&dialect=other')).events).toEqual([]);
  });

  it('tells of a pause, an approval, a halt and a gate, once each', async () => {
    const { id } = await bench.submit(batch([job('p')], { scheduledFor: new Date(Date.now() + 3_600_000) }));
    const change = (set: string) => bench.sql.query(`update batches set ${set} where id = $1`, [id]);
    await change(`paused_at = now(), paused_by = 'olga', version = version + 1`);
    await change(`paused_at = null, version = version + 1`);
    await change('approved_at = now()');
    await change('approved_at = null');
    await change('version = version + 1');
    await change('planned_at = now()');
    await bench.sql.query(`update waves set gate_verdict = 'HOLD', gate_reason = 'soaks' where batch_id = $1`, [id]);
    await change(`halted_by = 'gate', halted_wave = 0, reason = 'too many', status = 'failed'`);
    const client = await (await open(`?after=0&batch_id=${id}`)).until(endOf(id));
    expect(client.types).toEqual([
      'batch.created',
      'batch.paused',
      'batch.resumed',
      'batch.approved',
      'batch.approval_void',
      'batch.changed',
      'wave.gate',
      'batch.halted',
      'batch.failed',
    ]);
    expect(client.events[1]!.data.data).toMatchObject({ paused_by: 'olga', version: 2 });
    expect(client.events[6]!.data.data).toMatchObject({ verdict: 'HOLD', reason: 'soaks' });
    expect(client.events[8]!.data.data).toMatchObject({ from: 'scheduled', halted_by: 'gate', reason: 'too many' });
  });

  it('is given no event of a change that was rolled back', async () => {
    const client = await open();
    await expect(
      bench.sql.transaction(async (tx) => {
        await tx.query(`insert into batches (id, kind, mode, status, on_failure, request, jobs_total, created_by_name)
          values ('00000000-0000-4000-8000-000000000001', 'probe', 'parallel', 'running', 'stop', '{}', 0, 'x')`);
        throw new Error('rolled back');
      }),
    ).rejects.toThrow('rolled back');
    const { id } = await bench.submit(batch([job('c')]));
    await client.until(endOf(id));
    expect(of(client, '00000000-0000-4000-8000-000000000001')).toEqual([]);
  });

  it('says so when what a client missed is not kept any more, and goes on with what is', async () => {
    const { id } = await bench.submit(batch([job('g')]));
    await bench.ended(id);
    const all = await (await open('?after=0')).until(endOf(id));
    const kept = all.events.at(-4)!.id;
    await bench.sql.query('delete from events where seq < $1', [kept]);
    const late = await (await open('', { 'last-event-id': '1' })).until(endOf(id));
    expect(late.events[0]).toMatchObject({ event: 'stream.gap', data: { after: 1, resumes_after: kept - 1 } });
    expect(late.events.slice(1).map((event) => event.id)).toEqual(all.events.slice(-4).map((event) => event.id));
    const ahead = await (await open('?after=900000000')).until(({ types }) => types.length > 0);
    expect(ahead.events[0]).toMatchObject({ event: 'stream.gap', data: { after: 900_000_000 } });
  });

  it('refuses what it does not understand, and strangers', async () => {
    const ask = (path: string, headers: Record<string, string> = {}, token = bench.app.adminToken) =>
      bench.app.inject({ url: `/fleet/v1/events${path}`, headers: { authorization: `Token ${token}`, ...headers } });
    for (const path of [
      '?type=nonsense',
      '?type=job.%25',
      '?type=job.FAILED',
      '?batch_id=1',
      '?job_id=0',
      '?job_id=99999999999',
      '?after=-1',
      '?after=1e99',
      '?nonsense=1',
      '?target_id=%00',
    ]) {
      const answer = await ask(path);
      expect([path, answer.statusCode, problemOf(answer)]).toEqual([path, 400, 'invalid_fields']);
    }
    for (const id of ['x', '-1', '1.5', '99999999999999999999', '9007199254740993']) {
      expect(problemOf(await ask('', { 'last-event-id': id }))).toBe('invalid_last_event_id');
    }
    expect((await ask('', {}, 'nobody')).statusCode).toBe(401);
  });

  it('misses nothing that was written before and committed after others, in the order each batch had it', async () => {
    const { id } = await bench.submit(batch([job('o')], { scheduledFor: new Date(Date.now() + 3_600_000) }));
    const sequencer = bench.app.app.get(SequencerService);
    const early = bench.sql.createQueryRunner();
    await early.startTransaction();
    // It has its ids and writes now, and commits only after others have been sequenced past it.
    const late = '00000000-0000-4000-8000-000000000002';
    await early.query(
      `insert into batches (id, kind, mode, status, on_failure, request, jobs_total, created_by_name, scheduled_for)
       values ($1, 'probe', 'parallel', 'scheduled', 'stop', '{}', 0, 'late', now() + interval '1 hour')`,
      [late],
    );
    await bench.sql.query(`update batches set paused_at = now() where id = $1`, [id]);
    await sequencer.sequenceAll();
    const position = await (await open(`?after=0&batch_id=${id}`)).until(({ types }) => types.includes('batch.paused'));
    const behind = await open('', { 'last-event-id': position.lastId });
    await early.query(`update batches set paused_at = null where id = $1`, [id]);
    await early.commitTransaction();
    await early.release();
    await behind.until(({ types }) => types.includes('batch.resumed'));
    expect(of(behind, id).map(({ event }) => event)).toEqual(['batch.resumed']);
    expect(of(behind, late).map(({ event }) => event)).toEqual(['batch.created']);
  });
});
