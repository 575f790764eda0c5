import { FleetApp, problemOf } from './fleet.js';
import { insertBatch } from './rows.js';

interface Page<Item> {
  readonly items: readonly Item[];
  readonly next_cursor: string | null;
}
interface BatchItem {
  readonly id: string;
  readonly status: string;
  readonly outcome: string | null;
  readonly created_by: string;
}
interface JobItem {
  readonly id: number;
  readonly status: string;
  readonly batch_id: string;
  readonly target: { readonly kind: string; readonly id: string };
}

describe('the lists of batches and jobs', () => {
  let fleet: FleetApp;
  beforeAll(async () => {
    fleet = await FleetApp.start();
    for (let n = 0; n < 7; n += 1) {
      await insertBatch(fleet, {
        status: ['running', 'failed', 'succeeded'][n % 3]!,
        createdBy: n < 3 ? 'ann' : 'bob',
        // Two of them in the same microsecond: the id has to settle their order.
        createdAt: `2026-01-0${Math.min(n + 1, 6)}T00:00:00.000001Z`,
        jobStatus: n === 1 ? 'failed' : 'succeeded',
        unknown: n === 1,
      });
    }
    await insertBatch(fleet, { dialect: 'nodepool', targetKind: 'pool-node', createdAt: '2026-02-01T00:00:00Z' });
  });
  afterAll(() => fleet.close());

  async function walk<Item>(path: string): Promise<{ items: Item[]; pages: number }> {
    const items: Item[] = [];
    let cursor: string | null = null;
    for (let pages = 1; ; pages += 1) {
      const query = cursor === null ? '' : `&cursor=${cursor}`;
      const page: Page<Item> = await fleet.get(`${path}${query}`);
      items.push(...page.items);
      cursor = page.next_cursor;
      if (cursor === null || pages > 50) return { items, pages };
    }
  }

  it('shows every batch exactly once over pages, the newest first', async () => {
    const { items, pages } = await walk<BatchItem>('/batches?limit=3');
    const rows = await fleet.sql<{ id: string }>('select id from batches order by created_at desc, id desc');
    expect(items.map(({ id }) => id)).toEqual(rows.map(({ id }) => id));
    expect(pages).toBe(3);
  });

  it.each([
    'status=running',
    'status=failed,running',
    'status=running&status=failed',
    'creator=ann',
    'dialect=nodepool',
  ])('keeps the filter %s from page to page', async (filter) => {
    const { items } = await walk<BatchItem>(`/batches?limit=2&${filter}`);
    const rows = await fleet.sql<{ id: string }>(
      `select id from batches where ${
        filter.startsWith('status=running') && !filter.includes('failed')
          ? `status = 'running'`
          : filter.includes('failed')
            ? `status in ('failed', 'running')`
            : filter.startsWith('creator')
              ? `created_by_name = 'ann'`
              : `dialect = 'nodepool'`
      } order by created_at desc, id desc`,
    );
    expect(rows.length).toBeGreaterThan(0);
    expect(items.map(({ id }) => id)).toEqual(rows.map(({ id }) => id));
  });

  it('finds batches by time and by target', async () => {
    const between = await walk<BatchItem>(
      '/batches?created_after=2026-01-02T00:00:00Z&created_before=2026-01-04T00:00:00Z&',
    );
    expect(between.items).toHaveLength(2);
    const [job] = await fleet.sql<{ batch_id: string; target_id: string }>(
      `select batch_id, target_id from jobs where target_kind = 'device' order by id limit 1`,
    );
    const found = await walk<BatchItem>(`/batches?target=device:${job!.target_id}&`);
    expect(found.items.map(({ id }) => id)).toEqual([job!.batch_id]);
    expect((await fleet.get<Page<BatchItem>>('/batches?target=device:nobody')).items).toEqual([]);
  });

  it('lists jobs of all batches and of one, with their filters', async () => {
    const all = await walk<JobItem>('/jobs?limit=3');
    const rows = await fleet.sql<{ id: number }>('select id from jobs order by created_at desc, id desc');
    expect(all.items.map(({ id }) => id)).toEqual(rows.map(({ id }) => id));
    const failed = await walk<JobItem>('/jobs?limit=1&status=failed,running');
    expect(failed.items.map(({ status }) => status)).toEqual(['failed', 'failed']);
    const unknown = await walk<JobItem>('/jobs?unknown=true&');
    expect(unknown.items.map(({ id }) => id).sort()).toEqual(failed.items.map(({ id }) => id).sort());
    const ann = await walk<JobItem>('/jobs?creator=ann&limit=4');
    expect(ann.items).toHaveLength(6);
    const batch = failed.items[0]!.batch_id;
    const own = await walk<JobItem>(`/batches/${batch}/jobs?limit=1`);
    expect(own.items.map(({ id }) => id)).toEqual([...failed.items.map(({ id }) => id)].sort((a, b) => a - b));
  });

  it('never shows what a job was told or a step was configured with', async () => {
    const { items } = await walk<JobItem>('/jobs?limit=100');
    const bodies = [
      await fleet.call('GET', '/batches?limit=100'),
      await fleet.call('GET', '/jobs?limit=100'),
      await fleet.call('GET', `/jobs/${items[0]!.id}`),
      await fleet.call('GET', `/batches/${items[0]!.batch_id}`),
    ];
    for (const { statusCode, body } of bodies) {
      expect(statusCode).toBe(200);
      expect(body).not.toContain('hidden');
    }
  });

  it('says what became of a batch in one word', async () => {
    const { items } = await walk<BatchItem>('/batches?limit=100');
    const words = items.map(({ status, outcome }) => `${status} ${outcome}`);
    expect(new Set(words)).toEqual(new Set(['running null', 'failed unknown', 'failed failed', 'succeeded succeeded']));
  });

  it('gives a batch with its counts and its waves, its version as its ETag, and whole to whoever has seen that version', async () => {
    const { items } = await walk<BatchItem>('/batches?status=succeeded&');
    const path = `/batches/${items[0]!.id}`;
    const answer = await fleet.call('GET', path);
    expect(answer.headers.etag).toBe('"1"');
    expect(answer.json()).toMatchObject({
      id: items[0]!.id,
      jobs: { succeeded: 2 },
      waves: [{ wave: 0, status: 'done' }],
    });
    // The version is raised by who steers it, not by how far it is: "not modified" would hide its end.
    const again = await fleet.call('GET', path, undefined, { headers: { 'if-none-match': '"1"' } });
    expect([again.statusCode, again.body]).toEqual([200, answer.body]);
  });

  it.each([
    ['/batches?limit=0', 'invalid_fields'],
    ['/batches?limit=501', 'invalid_fields'],
    ['/batches?limit=x', 'invalid_fields'],
    ['/batches?limit=1&limit=2', 'invalid_fields'],
    ['/batches?colour=red', 'invalid_fields'],
    ['/batches?status=brilliant', 'invalid_fields'],
    ['/batches?target=device', 'invalid_fields'],
    ['/batches?created_after=yesterday', 'invalid_fields'],
    ['/batches?created_after=2026-13-45T99:00:00Z', 'invalid_fields'],
    ['/batches?creator=%00', 'invalid_fields'],
    ['/batches?cursor=%00', 'invalid_fields'],
    ['/batches?cursor=bm9uc2Vuc2U', 'invalid_cursor'],
    ['/batches?cursor=', 'invalid_cursor'],
    ['/jobs?wave=99999999999999999999', 'invalid_fields'],
    ['/jobs?batch=7', 'invalid_fields'],
  ])('refuses %s', async (path, code) => {
    const answer = await fleet.call('GET', path);
    expect(answer.statusCode).toBe(400);
    expect(problemOf(answer)).toBe(code);
  });

  it('refuses a cursor of another list, of other filters, or made up', async () => {
    const { next_cursor } = await fleet.get<Page<BatchItem>>('/batches?limit=1');
    for (const path of ['/jobs', '/batches?creator=ann', '/batches?status=failed']) {
      const answer = await fleet.call('GET', `${path}${path.includes('?') ? '&' : '?'}cursor=${next_cursor}`);
      expect([answer.statusCode, answer.json<{ code: string }>().code]).toEqual([
        400,
        path === '/jobs' ? expect.stringMatching(/^cursor_mismatch$|^invalid_cursor$/) : 'cursor_mismatch',
      ]);
    }
    const digest = (JSON.parse(Buffer.from(next_cursor!, 'base64url').toString()) as string[])[0]!;
    for (const keys of [['2026-01-01', 'x'], ["'; drop table jobs", 'y'], [digest], [1, 2], {}]) {
      const made = Buffer.from(JSON.stringify(Array.isArray(keys) ? [digest, ...keys] : keys)).toString('base64url');
      const answer = await fleet.call('GET', `/batches?cursor=${made}`);
      expect([answer.statusCode, problemOf(answer)]).toEqual([400, 'invalid_cursor']);
    }
  });

  it.each([
    '/batches/nonsense',
    '/batches/00000000-0000-4000-8000-000000000000',
    '/jobs/0',
    '/jobs/2147483648',
    '/jobs/1e3',
    '/jobs/%00',
    '/jobs/9223372036854775808/logs',
  ])('does not find %s', async (path) => {
    const answer = await fleet.call('GET', path);
    expect(answer.statusCode).toBe(404);
    expect(problemOf(answer)).toBe('not_found');
  });

  it('lets nobody in without a credential, and viewers read', async () => {
    const stranger = await fleet.call('GET', '/batches', undefined, { as: null });
    expect([stranger.statusCode, problemOf(stranger)]).toEqual([401, 'not_provided']);
    expect(stranger.headers['www-authenticate']).toContain('Bearer');
    expect((await fleet.call('GET', '/batches', undefined, { as: 'viewer' })).statusCode).toBe(200);
    const refused = await fleet.call('POST', '/batches', {}, { as: 'viewer' });
    expect([refused.statusCode, problemOf(refused)]).toEqual([403, 'role']);
  });
});
