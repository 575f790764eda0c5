import { ScheduleClock } from '../../src/fleet/schedules/schedule-clock.service.js';
import { startTestApp, type TestApp } from '../support/app.js';
import { insertDevices } from './devices.js';
import { FleetApp, problemOf } from './fleet.js';

let fleet: FleetApp;
let second: TestApp;
let devices: string[];
beforeAll(async () => {
  fleet = await FleetApp.start({ config: { role: 'all' } });
  second = await startTestApp({ database: fleet.running.database, config: { role: 'worker' } });
  devices = await insertDevices(fleet, [{}]);
  for (const [name, more] of [
    ['good', {}],
    ['barred', { calendar: { windows: ['never'] } }],
    ['open', {}],
    ['needy', {}],
  ] as const) {
    const request = { targets: { kind: 'device', ids: devices }, action: 'upgrade', approval: { needed: 1 }, ...more };
    const parameters = name === 'needy' ? NEEDED : [];
    const answer = await fleet.call('POST', '/plans', { name, request, parameters });
    expect([answer.statusCode, answer.body]).toEqual([201, expect.any(String)]);
  }
  await fleet.call('POST', '/windows', {
    name: 'never',
    kind: 'window',
    zone: 'UTC',
    starts_at: '2020-01-01T00:00',
    duration_min: 5,
  });
});
afterAll(async () => {
  await second.close();
  await fleet.close();
});

interface Run {
  readonly due_at: string;
  readonly outcome: string;
  readonly batch_id: string | null;
  readonly reason: string | null;
}
const NEEDED = [{ name: 'image', pointer: '/parameters/image_id', required: true }];
const FUTURE = { plan: 'good', zone: 'UTC', starts_at: '2099-01-01T00:00', recurrence: 'FREQ=HOURLY' };

async function make(name: string, fields: object = {}): Promise<void> {
  const answer = await fleet.call('POST', '/schedules', { name, ...FUTURE, ...fields }, { as: 'operator' });
  expect([answer.statusCode, answer.body]).toEqual([201, expect.any(String)]);
}
/** As if its first time had been so long ago, the others an hour apart, and nobody had looked since. */
async function since(name: string, minutes: number): Promise<string> {
  const first = new Date(Math.floor(Date.now() / 1000) * 1000 - minutes * 60_000).toISOString();
  await fleet.sql('update schedules set starts_local = $2, next_at = $3 where name = $1', [
    name,
    first.slice(0, 19),
    first,
  ]);
  return first;
}
const runsOf = async (name: string) => (await fleet.get<{ items: Run[] }>(`/schedules/${name}/runs?limit=500`)).items;

async function runs(name: string, atLeast: number): Promise<Run[]> {
  const deadline = Date.now() + 60_000;
  for (;;) {
    const found = await runsOf(name);
    if (found.length >= atLeast) return found;
    if (Date.now() > deadline) throw new Error(`${name} has ${found.length} runs, not ${atLeast}`);
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
}
/** Both processes look, as often as it takes until neither finds anything. */
async function looked(): Promise<void> {
  for (let time = 0; time < 3; time += 1) {
    await Promise.all([fleet.running, second].map(({ app }) => app.get(ScheduleClock).tick()));
  }
}

describe('a schedule', () => {
  it('is made, read, changed and deleted, each with its audit record', async () => {
    await make('nightly', {
      zone: 'Europe/Berlin',
      starts_at: '2099-03-28T02:30',
      recurrence: 'FREQ=DAILY',
      deadline_min: 60,
    });
    expect(await fleet.get('/schedules/nightly', { as: 'viewer' })).toMatchObject({
      plan: 'good',
      missed: 'skip',
      deadline_min: 60,
      next_at: '2099-03-28T01:30:00.000Z',
      owner: 'olga',
      version: 1,
    });
    // The clock is put forward on the 29th: at one o'clock UTC it is three, and half past two never was.
    expect(await fleet.get('/schedules/nightly/times?limit=3')).toEqual({
      items: ['2099-03-28T01:30:00.000Z', '2099-03-29T01:00:00.000Z', '2099-03-30T00:30:00.000Z'],
    });
    const off = await fleet.call('PATCH', '/schedules/nightly', { enabled: false }, { headers: { 'if-match': '"1"' } });
    expect(off.json()).toMatchObject({ enabled: false, owner: 'admin', zone: 'Europe/Berlin', version: 2 });
    const used = await fleet.call('DELETE', '/plans/good', undefined, { headers: { 'if-match': '*' } });
    expect([used.statusCode, problemOf(used)]).toEqual([409, 'in_use']);
    expect(
      (await fleet.call('DELETE', '/schedules/nightly', undefined, { headers: { 'if-match': '"2"' } })).statusCode,
    ).toBe(204);
    const trail = await fleet.sql<{ action: string }>(
      `select action from audit_events where object_type = 'schedule' and object_repr = 'nightly' order by id`,
    );
    expect(trail.map(({ action }) => action)).toEqual(['schedule.create', 'schedule.update', 'schedule.delete']);
  });

  it('that nobody can follow keeps no other from its time', async () => {
    await make('poisoned');
    await make('behind');
    await since('poisoned', 3);
    await fleet.sql(`update schedules set zone = 'Mars/Olympus' where name = 'poisoned'`);
    await since('behind', 0);
    expect((await runs('behind', 1)).map(({ outcome }) => outcome)).toEqual(['started']);
    expect(await runsOf('poisoned')).toEqual([]);
    await fleet.sql(`delete from schedules where name = 'poisoned'`);
  });

  it('starts its plan when its time comes, by one of two processes, as who made it', async () => {
    await make('due');
    const at = await since('due', 0);
    const [run] = await runs('due', 1);
    expect(run).toMatchObject({ due_at: at, outcome: 'started', reason: null });
    const [batch] = await fleet.sql('select name, created_by_name from batches where id = $1', [run!.batch_id]);
    expect(batch).toEqual({ name: 'good', created_by_name: 'olga' });
    await looked();
    expect(await runsOf('due')).toHaveLength(1);
  });

  it('of many that are due at once for two processes each is started once', async () => {
    const names = Array.from({ length: 12 }, (_, n) => `race-${n}`);
    for (const name of names) await make(name);
    const at = new Date(Math.floor(Date.now() / 1000) * 1000).toISOString();
    await fleet.sql(`update schedules set starts_local = $1, next_at = $2 where name like 'race-%'`, [
      at.slice(0, 19),
      at,
    ]);
    for (const name of names) expect(await runs(name, 1)).toMatchObject([{ outcome: 'started', due_at: at }]);
    await looked();
    const started = await fleet.sql<{ name: string }>(
      `select s.name from plan_runs r join schedules s on s.id = r.schedule_id where s.name like 'race-%'`,
    );
    expect(started.map(({ name }) => name).sort()).toEqual([...names].sort());
  });

  it.each([
    ['skip', ['missed']],
    ['once', ['started', 'missed']],
    ['all', ['started', 'started', 'started', 'started']],
  ] as const)('%s: four times passed unseen', async (missed, outcomes) => {
    const name = `missed-${missed}`;
    await make(name, { missed });
    const first = await since(name, 210);
    await runs(name, outcomes.length);
    await looked();
    const found = await runsOf(name);
    expect(found.map(({ outcome }) => outcome)).toEqual(outcomes);
    expect(found.at(-1)!.due_at).toBe(first);
    const batches = found.flatMap(({ batch_id }) => (batch_id === null ? [] : [batch_id]));
    expect(new Set(batches).size).toBe(batches.length);
    const [stored] = await fleet.sql<{ n: string }>(
      'select count(*) as n from plan_runs r join schedules s on s.id = r.schedule_id where s.name = $1',
      [name],
    );
    expect(Number(stored!.n)).toBe(batches.length);
    const { next_at } = await fleet.get<{ next_at: string }>(`/schedules/${name}`);
    expect(Date.parse(next_at)).toBeGreaterThan(Date.now() - 1000);
  });

  it.each<[string, { plan?: string; deadline_min?: number }, string]>([
    ['a plan that does not fit its calendar', { plan: 'barred' }, 'does not fit its calendar'],
    ['a plan that needs a parameter by now', { plan: 'open' }, 'needs the parameter image'],
    ['a deadline that was over', { deadline_min: 1 }, 'The deadline of the schedule'],
  ])('%s: refused, with the reason, and nothing is made', async (_what, fields, reason) => {
    const name = `refused-${reason.replaceAll(' ', '-')}`;
    await make(name, { missed: 'all', ...fields });
    if (fields.plan === 'open')
      await fleet.call('PATCH', '/plans/open', { parameters: NEEDED }, { headers: { 'if-match': '*' } });
    await since(name, 90);
    const found = await runs(name, 2);
    expect(found.map(({ outcome, batch_id }) => [outcome, batch_id])).toEqual(
      Array(found.length).fill(['refused', null]),
    );
    expect(found[0]!.reason).toContain(reason);
  });

  it('runs as somebody who may: not as who was disabled', async () => {
    await make('orphan', { missed: 'once' });
    await fleet.sql(`update users set is_active = false where username = 'olga'`);
    await since('orphan', 150);
    const found = await runs('orphan', 2);
    expect(found[0]).toMatchObject({ outcome: 'refused', batch_id: null });
    expect(found[0]!.reason).toContain('disabled or gone');
    await fleet.sql(`update users set is_active = true where username = 'olga'`);
  });

  it('has a run with the deadline counted from its time', async () => {
    await make('bounded', { missed: 'once', deadline_min: 600 });
    await since('bounded', 150);
    const [last] = await runs('bounded', 2);
    const [batch] = await fleet.sql<{ deadline: Date }>('select deadline from batches where id = $1', [last!.batch_id]);
    expect(batch!.deadline.toISOString()).toBe(new Date(Date.parse(last!.due_at) + 600 * 60_000).toISOString());
  });

  it('that is switched off starts nothing, and goes on from now when it is switched on', async () => {
    await make('off', { missed: 'all', enabled: false });
    await since('off', 290);
    await looked();
    expect(await runsOf('off')).toEqual([]);
    const on = await fleet.call(
      'PATCH',
      '/schedules/off',
      { enabled: true },
      { headers: { 'if-match': '*' }, as: 'operator' },
    );
    expect(Date.parse(on.json<{ next_at: string }>().next_at)).toBeGreaterThan(Date.now() - 1000);
    await looked();
    expect((await runsOf('off')).length).toBeLessThanOrEqual(1);
  });

  it.each([
    ['no plan', { plan: undefined }, '/plan'],
    ['a plan there is not', { plan: 'nope' }, '/plan'],
    ['a plan that needs a parameter', { plan: 'needy' }, '/plan'],
    ['a zone that is none', { zone: 'Mars/Base' }, '/zone'],
    ['a start that is over', { starts_at: '2020-01-01T00:00', recurrence: null }, '/starts_at'],
    ['a rule with seconds', { recurrence: 'FREQ=SECONDLY' }, '/recurrence'],
    ['a policy nobody knows', { missed: 'some' }, '/missed'],
    ['a deadline of nothing', { deadline_min: 0 }, '/deadline_min'],
    ['an unknown field', { cron: '* * * * *' }, '/cron'],
    ['a name with NUL', { name: 'a\0' }, '/name'],
  ])('with %s is refused', async (_what, fields, pointer) => {
    const answer = await fleet.call('POST', '/schedules', { name: 'bad', ...FUTURE, ...fields });
    expect([answer.statusCode, problemOf(answer)]).toEqual([400, 'invalid_fields']);
    expect(answer.json<{ errors: { pointer: string }[] }>().errors.map((error) => error.pointer)).toContain(pointer);
    expect((await fleet.call('GET', '/schedules/bad')).statusCode).toBe(404);
  });
});
