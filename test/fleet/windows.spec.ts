import { FleetApp, problemOf } from './fleet.js';

let fleet: FleetApp;
beforeAll(async () => {
  fleet = await FleetApp.start();
});
afterAll(() => fleet.close());

const NIGHTS = {
  kind: 'window',
  zone: 'Europe/Berlin',
  starts_at: '2026-01-01T01:00',
  duration_min: 240,
  recurrence: 'FREQ=DAILY',
};

interface Window {
  readonly id: number;
  readonly name: string;
  readonly version: number;
  readonly scope: string;
}

async function make(name: string, fields: object = {}): Promise<Window> {
  const answer = await fleet.call('POST', '/windows', { name, ...NIGHTS, ...fields }, { as: 'operator' });
  expect([answer.statusCode, answer.body]).toEqual([201, expect.any(String)]);
  return answer.json<Window>();
}

describe('maintenance windows', () => {
  it('are made, read, changed and deleted, each with its audit record', async () => {
    const made = await make('nights');
    expect(made).toMatchObject({
      ...NIGHTS,
      name: 'nights',
      scope: 'named',
      enabled: true,
      version: 1,
      created_by: 'olga',
    });
    const changed = await fleet.call(
      'PATCH',
      `/windows/${made.id}`,
      { duration_min: 60 },
      { headers: { 'if-match': '"1"' } },
    );
    expect(changed.json()).toMatchObject({ duration_min: 60, zone: 'Europe/Berlin', version: 2 });
    expect(changed.headers.etag).toBe('"2"');
    const outdated = await fleet.call(
      'PATCH',
      `/windows/${made.id}`,
      { duration_min: 30 },
      { headers: { 'if-match': '"1"' } },
    );
    expect([outdated.statusCode, problemOf(outdated)]).toEqual([412, 'outdated']);
    expect((await fleet.call('PATCH', `/windows/${made.id}`, {})).statusCode).toBe(428);
    expect(
      (await fleet.call('DELETE', `/windows/${made.id}`, undefined, { headers: { 'if-match': '*' } })).statusCode,
    ).toBe(204);
    expect((await fleet.call('GET', `/windows/${made.id}`)).statusCode).toBe(404);
    const trail = await fleet.sql<{ action: string }>(
      `select action from audit_events where object_type = 'window' and object_id = $1 order by id`,
      [String(made.id)],
    );
    expect(trail.map(({ action }) => action)).toEqual(['window.create', 'window.update', 'window.delete']);
  });

  it('are listed by page and by what they hold for', async () => {
    const lab = await make('lab', { sites: ['lab'] });
    const core = await make('core', { tags: ['core'], kind: 'blackout' });
    expect([lab.scope, core.scope]).toEqual(['matching', 'matching']);
    const names = async (query: string) =>
      (await fleet.get<{ items: Window[] }>(`/windows${query}`, { as: 'viewer' })).items.map(({ name }) => name);
    expect(await names('?site=lab')).toEqual(['lab']);
    expect(await names('?kind=blackout')).toEqual(['core']);
    const first = await fleet.get<{ items: Window[]; next_cursor: string }>('/windows?limit=1');
    const second = await fleet.get<{ items: Window[] }>(`/windows?limit=1&cursor=${first.next_cursor}`);
    expect([...first.items, ...second.items].map(({ name }) => name)).toEqual(['lab', 'core']);
  });

  it('say when they are open, through a change of the clock', async () => {
    const { id } = await make('by-night', {});
    const { items } = await fleet.get<{ items: unknown[] }>(
      `/windows/${id}/openings?from=2026-10-24T12:00:00Z&limit=2`,
    );
    expect(items).toEqual([
      { from: '2026-10-24T23:00:00.000Z', until: '2026-10-25T04:00:00.000Z' },
      { from: '2026-10-26T00:00:00.000Z', until: '2026-10-26T04:00:00.000Z' },
    ]);
  });

  it('a repetition with the same Idempotency-Key makes one', async () => {
    const call = () =>
      fleet.call('POST', '/windows', { name: 'once', ...NIGHTS }, { headers: { 'idempotency-key': 'window-once' } });
    const [first, second] = [await call(), await call()];
    expect([first.statusCode, second.statusCode]).toEqual([201, 201]);
    expect(second.json()).toEqual(first.json());
    const taken = await fleet.call('POST', '/windows', { name: 'once', ...NIGHTS });
    expect([taken.statusCode, problemOf(taken)]).toEqual([409, 'name_taken']);
  });

  it.each([
    ['no name', { name: undefined }, '/name'],
    ['a name that is no name', { name: 'a b' }, '/name'],
    ['no kind', { kind: undefined }, '/kind'],
    ['no zone', { zone: undefined }, '/zone'],
    ['no start', { starts_at: undefined }, '/starts_at'],
    ['an unknown field', { colour: 'red' }, '/colour'],
    ['an unknown kind', { kind: 'door' }, '/kind'],
    ['a zone that is none', { zone: 'Europe/Nowhere' }, '/zone'],
    ['an offset for a zone', { zone: '+02:00' }, '/zone'],
    ['a time with an offset', { starts_at: '2026-01-01T01:00Z' }, '/starts_at'],
    ['a day that is none', { starts_at: '2026-02-30T01:00' }, '/starts_at'],
    ['no duration', { duration_min: 0 }, '/duration_min'],
    ['half a minute', { duration_min: 0.5 }, '/duration_min'],
    ['a recurring one of two months', { duration_min: 90_000 }, '/duration_min'],
    ['a rule that is none', { recurrence: 'every day' }, '/recurrence'],
    ['a rule with a part nobody knows', { recurrence: 'FREQ=DAILY;FOO=1' }, '/recurrence'],
    ['a rule that never comes true', { recurrence: 'FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=30' }, '/recurrence'],
    ['a rule by the minute', { recurrence: 'FREQ=MINUTELY' }, '/recurrence'],
    ['one that is as often', { recurrence: 'FREQ=DAILY;BYHOUR=1,2,3,4,5;BYMINUTE=0,10,20,30,40' }, '/recurrence'],
    ['sites and tags', { sites: ['a'], tags: ['b'] }, '/scope'],
    ['sites for everybody', { scope: 'all', sites: ['a'] }, '/scope'],
    ['matching nothing', { scope: 'matching' }, '/scope'],
    ['a site twice', { sites: ['a', 'a'] }, '/sites'],
    ['a site with NUL', { sites: ['a\0'] }, '/sites/0'],
    ['null for a zone', { zone: null }, '/zone'],
  ])('%s is refused and nothing is made', async (_what, fields, pointer) => {
    const count = () => fleet.sql<{ n: string }>('select count(*) as n from maintenance_windows');
    const before = await count();
    const answer = await fleet.call('POST', '/windows', { name: 'bad', ...NIGHTS, ...fields });
    expect([answer.statusCode, problemOf(answer)]).toEqual([400, 'invalid_fields']);
    expect(answer.json<{ errors: { pointer: string }[] }>().errors.map((error) => error.pointer)).toContain(pointer);
    expect(await count()).toEqual(before);
  });

  it.each(['/windows/0', '/windows/x', '/windows/9223372036854775808', '/windows/2147483647', '/windows/1%00'])(
    '%s is not there',
    async (path) => expect((await fleet.call('GET', path)).statusCode).toBe(404),
  );

  it('viewers look and do not touch', async () => {
    const refused = await fleet.call('POST', '/windows', { name: 'v', ...NIGHTS }, { as: 'viewer' });
    expect([refused.statusCode, problemOf(refused)]).toEqual([403, 'role']);
    expect((await fleet.call('GET', '/windows', undefined, { as: null })).statusCode).toBe(401);
  });
});
