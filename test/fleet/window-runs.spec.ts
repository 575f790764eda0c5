import { insertDevices } from './devices.js';
import { FleetApp, problemOf } from './fleet.js';

let fleet: FleetApp;
let devices: string[];
beforeAll(async () => {
  fleet = await FleetApp.start({ config: { role: 'all' } });
  devices = await insertDevices(fleet, [{ site: 'lab' }, { site: 'hq' }, { tags: ['core'] }, { site: 'annex' }]);
});
afterAll(() => fleet.close());

interface JobRow {
  readonly status: string;
  readonly waiting_for: string | null;
  readonly reason: string | null;
  readonly wake_at: Date | null;
  readonly steps: readonly { readonly irreversible?: boolean; readonly startedAt?: string; readonly status: string }[];
}

async function window(name: string, fields: object): Promise<number> {
  const base = { name, zone: 'Europe/Berlin', duration_min: 600, kind: 'blackout' };
  const answer = await fleet.call('POST', '/windows', { ...base, ...fields });
  expect([answer.statusCode, answer.body]).toEqual([201, expect.any(String)]);
  return answer.json<{ id: number }>().id;
}
async function upgrade(device: number, more: object = {}): Promise<string> {
  const request = { targets: { kind: 'device', ids: [devices[device]] }, action: 'upgrade', ...more };
  const answer = await fleet.call('POST', '/batches', request, { as: 'operator' });
  expect([answer.statusCode, answer.body]).toEqual([201, expect.any(String)]);
  return answer.json<{ id: string }>().id;
}
async function jobWhere(batchId: string, holds: (job: JobRow) => boolean): Promise<JobRow> {
  const deadline = Date.now() + 60_000;
  for (;;) {
    const [job] = await fleet.sql<JobRow>(
      'select status, waiting_for, reason, wake_at, steps from jobs where batch_id = $1',
      [batchId],
    );
    if (holds(job!)) return job!;
    if (Date.now() > deadline) throw new Error(`the job is ${JSON.stringify(job)}`);
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}
const isHeld = (job: JobRow) => job.waiting_for === 'window';
const irreversible = (job: JobRow) => job.steps.filter((step) => step.irreversible === true);
/** The wall clock of Berlin, `minutes` from now. */
function berlin(minutes: number): string {
  const at = new Date(Date.now() + minutes * 60_000);
  return at.toLocaleString('sv-SE', { timeZone: 'Europe/Berlin' }).replace(' ', 'T').slice(0, 16);
}

describe('outside its window', () => {
  it.each([
    ['site', 0, { sites: ['lab'] }],
    ['tag', 2, { tags: ['core'] }],
  ])(
    'of its %s a job begins nothing that cannot be taken back, and goes on when the blackout is lifted',
    async (what, device, scope) => {
      const id = await window(`freeze-${what}`, { ...scope, starts_at: berlin(-60), duration_min: 90 });
      const batch = await upgrade(device);
      const held = await jobWhere(batch, isHeld);
      expect(held.status).toBe('waiting');
      expect(held.reason).toContain(`the blackout freeze-${what} is on`);
      expect(irreversible(held).length).toBeGreaterThan(0);
      expect(irreversible(held).every(({ startedAt }) => startedAt === undefined)).toBe(true);
      // It looks again by itself when the blackout ends, half an hour from now to the minute.
      const end = Date.now() + 30 * 60_000;
      expect(Math.abs(held.wake_at!.getTime() - end)).toBeLessThan(3 * 60_000);
      const lifted = Date.now();
      const gone = await fleet.call('DELETE', `/windows/${id}`, undefined, { headers: { 'if-match': '*' } });
      expect(gone.statusCode).toBe(204);
      const done = await jobWhere(batch, ({ status }) => status === 'succeeded');
      for (const step of irreversible(done).filter(({ startedAt }) => startedAt !== undefined)) {
        expect(Date.parse(step.startedAt!)).toBeGreaterThanOrEqual(lifted);
      }
    },
  );

  it('that the batch names itself, it waits for it, and its window cannot be deleted meanwhile', async () => {
    const id = await window('tomorrow', { kind: 'window', starts_at: berlin(1440) });
    const batch = await upgrade(1, { calendar: { windows: ['tomorrow'] } });
    const held = await jobWhere(batch, isHeld);
    expect(held.reason).toContain('no window of the batch is open (tomorrow)');
    const refused = await fleet.call('DELETE', `/windows/${id}`, undefined, { headers: { 'if-match': '*' } });
    expect([refused.statusCode, problemOf(refused)]).toEqual([409, 'in_use']);
    // Moved to now, it is open.
    const moved = { starts_at: berlin(-10) };
    const changed = await fleet.call('PATCH', `/windows/${id}`, moved, { headers: { 'if-match': '"1"' } });
    expect(changed.statusCode).toBe(200);
    await jobWhere(batch, ({ status }) => status === 'succeeded');
  });

  it('inside its window nothing waits', async () => {
    await window('now', { kind: 'window', sites: ['annex'], starts_at: berlin(-10) });
    const done = await jobWhere(await upgrade(3), ({ status }) => status === 'succeeded');
    expect(done.waiting_for).toBeNull();
  });
});
