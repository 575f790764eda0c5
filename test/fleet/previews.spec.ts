import { insertDevices } from './devices.js';
import { FleetApp, problemOf } from './fleet.js';

let fleet: FleetApp;
let devices: string[];
beforeAll(async () => {
  fleet = await FleetApp.start();
  devices = await insertDevices(fleet, [{ site: 'lab', tags: ['core'] }, { site: 'lab' }, { site: 'hq' }]);
  for (const window of [
    { name: 'hq-sundays', sites: ['hq'], recurrence: 'FREQ=WEEKLY;BYDAY=SU', starts_at: '2026-01-04T03:00' },
    { name: 'nights', recurrence: 'FREQ=DAILY', starts_at: '2026-01-01T22:00' },
    { name: 'past', starts_at: '2020-01-01T22:00' },
  ]) {
    const answer = await fleet.call('POST', '/windows', { kind: 'window', zone: 'UTC', duration_min: 120, ...window });
    expect(answer.statusCode).toBe(201);
  }
});
afterAll(() => fleet.close());

interface Preview {
  readonly targets_total: number;
  readonly waves: readonly {
    readonly label: string;
    readonly opens_at: string;
    readonly first_start_at: string;
    readonly last_start_at: string;
    readonly targets: readonly { readonly label: string; readonly steps: readonly string[] }[];
  }[];
}
const request = (more: object = {}) => ({ targets: { kind: 'device', ids: devices }, action: 'upgrade', ...more });
const MONDAY = '2099-06-01T12:00:00Z';

describe('a preview', () => {
  it('says what would run, in which order and when, and stores nothing', async () => {
    const body = request({
      scheduled_for: MONDAY,
      waves: { canary: { count: 1 }, by: 'site' },
      gate: { soak_s: 3600 },
    });
    const answer = await fleet.call('POST', '/batches/preview?targets=1', body, { as: 'viewer' });
    expect([answer.statusCode, answer.body]).toEqual([200, expect.any(String)]);
    const preview = answer.json<Preview>();
    expect(preview).toMatchObject({ targets_total: 3, scheduled_for: '2099-06-01T12:00:00.000Z', approvals_needed: 0 });
    expect(preview.waves.map(({ label, opens_at, first_start_at }) => [label, opens_at, first_start_at])).toEqual([
      ['canary', '2099-06-01T12:00:00.000Z', '2099-06-01T12:00:00.000Z'],
      // The site has windows of its own; the first of June is a Monday.
      ['hq', '2099-06-01T13:00:00.000Z', '2099-06-07T03:00:00.000Z'],
      ['lab', '2099-06-07T04:00:00.000Z', '2099-06-07T04:00:00.000Z'],
    ]);
  });

  it('of a plan that fits says when each wave starts', async () => {
    const body = request({
      targets: { kind: 'device', ids: devices.slice(0, 2) },
      scheduled_for: MONDAY,
      waves: { by: 'count', count: 1 },
      gate: { soak_s: 7200 },
      calendar: { windows: ['nights'], target_minutes: 30 },
    });
    const preview = (await fleet.call('POST', '/batches/preview', body)).json<Preview>();
    expect(preview.waves.map(({ first_start_at }) => first_start_at)).toEqual([
      '2099-06-01T22:00:00.000Z',
      '2099-06-02T22:00:00.000Z',
    ]);
    expect(preview.waves.map(({ targets }) => targets.map(({ label }) => label))).toEqual([['sw0'], ['sw1']]);
    expect(preview.waves[0]!.targets[0]!.steps.length).toBeGreaterThan(1);
    expect((await fleet.sql('select 1 from batches')).length).toBe(0);
  });

  it.each([
    ['windows that never meet', { calendar: { windows: ['nights'] } }, 422, 'does_not_fit'],
    [
      'a deadline before its window',
      { targets: 'lab', calendar: { windows: ['nights'] }, deadline: '2099-06-01T20:00:00Z' },
      422,
      'does_not_fit',
    ],
    ['a window that is over', { targets: 'lab', calendar: { windows: ['past'] } }, 422, 'does_not_fit'],
    ['no window where one must be', { targets: 'lab', calendar: { require_window: true } }, 422, 'does_not_fit'],
    ['a window there is not', { calendar: { windows: ['nowhere'] } }, 400, 'invalid_fields'],
    ['an unknown field', { when: 'now' }, 400, 'invalid_fields'],
    ['a roll back that could not be kept', { gate: { on_breach: 'roll_back' } }, 400, 'no_roll_back'],
  ])('of a batch with %s is refused, as the batch is', async (_what, more: Record<string, unknown>, status, code) => {
    const targets = more['targets'] === 'lab' ? { kind: 'device', ids: devices.slice(0, 2) } : request().targets;
    const body = { ...request({ scheduled_for: MONDAY }), ...more, targets };
    for (const path of ['/batches/preview', '/batches']) {
      const answer = await fleet.call('POST', path, body);
      expect([path, answer.statusCode, problemOf(answer)]).toEqual([path, status, code]);
    }
    expect((await fleet.sql('select 1 from batches')).length).toBe(0);
  });
});
