import { Fleet, type Answer } from './fleet.js';

interface Triggered {
  status: string;
  jobs_created: number;
  job_ids: number[];
  execution_mode: string;
  batch_id: string;
  scheduled: boolean;
  schedule_time: string | null;
  details: Record<string, unknown>[];
}

const body = (answer: Answer): Triggered => answer.body as unknown as Triggered;
const plain = (answer: Answer): Record<string, unknown> => answer.body as unknown as Record<string, unknown>;

describe('POST /api/upgrade/trigger/', () => {
  let fleet: Fleet;
  let golden: number;
  let other: number;
  let ids: number[];

  beforeAll(async () => {
    // `api`: nothing runs, so that what was stored can be looked at.
    fleet = await Fleet.start({ config: { role: 'api' } });
    golden = await fleet.addImage('cat9k-universalk9.17.09.04a.SPA.bin', '17.09.04a');
    other = await fleet.addImage('cat9k-universalk9.17.12.01.SPA.bin', '17.12.01');
    const model = await fleet.addModel('C9300', golden);
    ids = [];
    for (const hostname of ['sw1', 'sw2', 'sw3']) ids.push(await fleet.addDevice({ hostname, modelId: model }));
    await fleet.addDevice({ hostname: 'bare' });
    await fleet.addDevice({ hostname: '12345', modelId: model });
  });
  afterAll(() => fleet.close());

  const jobCount = async (): Promise<number> => {
    const [row] = await fleet.sql.query<{ n: number }[]>('select count(*)::integer as n from jobs');
    return row!.n;
  };

  it('answers 201 with the documented body, in request order (case 4)', async () => {
    const answer = await fleet.trigger({ devices: ['sw2', 'sw1', 'sw3'], auto_select_image: true });
    expect(answer.status).toBe(201);
    expect(body(answer)).toEqual({
      status: 'success',
      jobs_created: 3,
      job_ids: [expect.any(Number), expect.any(Number), expect.any(Number)],
      execution_mode: 'parallel',
      batch_id: expect.stringMatching(/^[0-9a-f-]{36}$/),
      scheduled: false,
      schedule_time: null,
      workflow: expect.any(String),
      details: ['sw2', 'sw1', 'sw3'].map((hostname, index) => ({
        device_id: ids[['sw1', 'sw2', 'sw3'].indexOf(hostname)],
        device_hostname: hostname,
        job_id: body(answer).job_ids[index],
        image: 'cat9k-universalk9.17.09.04a.SPA.bin',
        workflow: expect.any(String),
        status: 'pending',
      })),
    });
    const polled = await fleet.call('GET', `/api/upgrade/status?batch_id=${body(answer).batch_id}`);
    const { count, jobs } = polled.body as unknown as {
      count: number;
      jobs: { id: number; steps: { name: string }[] }[];
    };
    expect(count).toBe(3);
    expect(jobs.map(({ id }) => id)).toEqual(body(answer).job_ids);
    expect(jobs[0]!.steps.map(({ name }) => name)).toEqual([
      'Readiness Check',
      'Distribution',
      'Activation',
      'Post-Checks',
    ]);
  });

  it('takes a token in X-Auth-Token as well', async () => {
    const headers = { authorization: '', 'x-auth-token': fleet.app.adminToken };
    expect((await fleet.call('GET', '/api/upgrade/status/?job_ids=1', undefined, headers)).status).toBe(200);
    const wrong = await fleet.call('GET', '/api/upgrade/status/?job_ids=1', undefined, {
      ...headers,
      'x-auth-token': 'no',
    });
    expect([wrong.status, plain(wrong)]).toEqual([401, { detail: 'Invalid API key' }]);
  });

  it('takes ids, digit strings and hostnames, each device once (cases 5 and 6)', async () => {
    const mixed = await fleet.trigger({ devices: ['sw1', String(ids[1]), ids[2]] });
    expect(body(mixed).details.map((detail) => detail['device_id'])).toEqual(ids);
    expect((await fleet.trigger({ devices: ['SW1'] })).status).toBe(404);
    const twice = await fleet.trigger({ devices: [ids[0], ids[0], 'sw1'] });
    expect(body(twice)).toMatchObject({ jobs_created: 1 });
    // A hostname of digits is found when there is no such id.
    expect((await fleet.trigger({ devices: ['12345'] })).status).toBe(201);
  });

  it('stores nothing when a device is unknown, and names all that are (case 7)', async () => {
    const before = await jobCount();
    const answer = await fleet.trigger({ devices: ['sw1', 'ghost', 999999, 1e30] });
    expect(answer.status).toBe(404);
    expect(plain(answer)).toEqual({
      detail: 'Not found.',
      error: 'Device not found',
      message: 'Unknown device(s): ghost, 999999, 1e+30',
      unknown_devices: ['ghost', 999999, 1e30],
    });
    expect(await jobCount()).toBe(before);
  });

  it.each([
    [undefined, 'Missing devices'],
    [{}, 'Missing devices'],
    [{ devices: [] }, 'Missing devices'],
    [{ devices: '' }, 'Missing devices'],
    [{ devices: 'sw1' }, 'Invalid devices'],
    [{ devices: 5 }, 'Invalid devices'],
    [{ devices: [null] }, 'Invalid devices'],
    [{ devices: [true] }, 'Invalid devices'],
    [{ devices: [1.5] }, 'Invalid devices'],
    [{ devices: [-1] }, 'Invalid devices'],
    [{ devices: [''] }, 'Invalid devices'],
    [{ devices: [{}] }, 'Invalid devices'],
    [[1], 'Invalid request'],
    [[], 'Invalid request'],
    ['"text"', 'Invalid request'],
    [{ devices: ['sw1'], image_id: 'abc' }, 'Invalid image_id'],
    [{ devices: ['sw1'], image_id: true }, 'Invalid image_id'],
    [{ devices: ['sw1'], workflow_id: 'x' }, 'Invalid workflow_id'],
    [{ devices: ['sw1'], execution_mode: 'bogus' }, 'Invalid execution_mode'],
    [{ devices: ['sw1'], auto_select_image: 'banana' }, 'Invalid auto_select_image'],
    [{ devices: ['sw1'], cleanup_flash: [] }, 'Invalid cleanup_flash'],
    [{ devices: ['sw1'], schedule_time: 'not a time' }, 'Invalid schedule_time'],
    [{ devices: ['sw1'], schedule_time: 12345 }, 'Invalid schedule_time'],
    [{ devices: ['sw1'], schedule_time: '02:00' }, 'Invalid schedule_time'],
    [{ devices: ['sw1'], schedule_time: '2027-02-03T02:00:00+99:00' }, 'Invalid schedule_time'],
    [{ devices: ['sw1'], schedule_time: '2020-01-01T00:00:00Z' }, 'Invalid schedule_time'],
    [{ devices: ['sw1'], schedule_time: '2027-13-40T00:00:00Z' }, 'Invalid schedule_time'],
    [{ devices: ['sw1'], max_parallel: 0 }, 'Invalid max_parallel'],
    [{ devices: ['sw1'], max_parallel: 'many' }, 'Invalid max_parallel'],
    [{ devices: ['sw1'], max_parallel: 1.5 }, 'Invalid max_parallel'],
    [{ devices: ['sw1'], on_failure: 'explode' }, 'Invalid on_failure'],
    [{ devices: ['sw1'], device_remarks: 'x' }, 'Invalid device_remarks'],
    [{ devices: ['sw1'], remarks: 'a\u0000b' }, 'Invalid remarks'],
  ])('refuses %j with 400 "%s" and stores nothing (cases 8, 11, 13)', async (wish, title) => {
    const before = await jobCount();
    const answer = await fleet.trigger(wish);
    expect(answer.status).toBe(400);
    expect(plain(answer)).toEqual({ error: title, message: expect.any(String) });
    expect(await jobCount()).toBe(before);
  });

  it('refuses malformed JSON, an unpaired surrogate and a NUL in a name without a 5xx', async () => {
    expect(plain(await fleet.trigger('{bad'))['detail']).toMatch(/^JSON parse error - /);
    expect((await fleet.trigger('{"devices":["sw1"],"remarks":"\\ud800"}')).status).toBeLessThan(500);
    expect((await fleet.trigger({ devices: ['sw1\u0000'] })).status).toBe(404);
  });

  it('makes jobs for those that have an image and says why the others have none (cases 9 and 10)', async () => {
    const partial = await fleet.trigger({ devices: ['sw1', 'sw2', 'bare'] });
    expect(partial.status).toBe(201);
    expect(body(partial).jobs_created).toBe(2);
    expect(body(partial).details[2]).toEqual({
      device_id: expect.any(Number),
      device_hostname: 'bare',
      error: 'No image configured',
      message: 'Device model has no golden image set',
    });
    const none = await fleet.trigger({ devices: ['bare'] });
    expect(none.status).toBe(400);
    expect(plain(none)).toMatchObject({
      error: 'No jobs created',
      jobs_created: 0,
      job_ids: [],
      details: [{ device_hostname: 'bare' }],
    });
    const specific = await fleet.trigger({ devices: ['bare'], auto_select_image: false, image_id: String(other) });
    expect(body(specific).details[0]).toMatchObject({ image: 'cat9k-universalk9.17.12.01.SPA.bin' });
    const unspecified = await fleet.trigger({ devices: ['bare'], auto_select_image: false });
    expect((plain(unspecified)['details'] as Record<string, unknown>[])[0]).toMatchObject({
      error: 'No image specified',
    });
  });

  it('words unknown images and workflows exactly (case 11)', async () => {
    const image = await fleet.trigger({ devices: ['sw1'], image_id: 77777 });
    expect([image.status, plain(image)]).toEqual([
      404,
      { error: 'Image not found', message: 'Image with ID 77777 does not exist' },
    ]);
    const workflow = await fleet.trigger({ devices: ['sw1'], workflow_id: 77777 });
    expect([workflow.status, plain(workflow)]).toEqual([
      404,
      { error: 'Workflow not found', message: 'Workflow with ID 77777 does not exist' },
    ]);
    expect((await fleet.trigger({ devices: ['sw1'], image_id: 0 })).status).toBe(404);
    for (const id of [-1, 2 ** 40, '99999999999999999999']) {
      const absent = await fleet.trigger({ devices: ['sw1'], image_id: id });
      expect([absent.status, plain(absent)['message']]).toEqual([404, `Image with ID ${Number(id)} does not exist`]);
      expect((await fleet.trigger({ devices: ['sw1'], workflow_id: id })).status).toBe(404);
    }
  });

  it('looks at devices, then workflow, then image, then the schedule and the rest', async () => {
    const wrong: Record<string, unknown> = {
      devices: ['ghost'],
      workflow_id: 77777,
      image_id: 77777,
      schedule_time: 'not a time',
      execution_mode: 'bogus',
    };
    const titles: unknown[] = [];
    for (const [field, value] of [
      ['devices', ['sw1']],
      ['workflow_id', null],
      ['image_id', golden],
      ['schedule_time', null],
    ] as const) {
      titles.push(plain(await fleet.trigger(wrong))['error']);
      wrong[field] = value;
    }
    titles.push(plain(await fleet.trigger(wrong))['error']);
    expect(titles).toEqual([
      'Device not found',
      'Workflow not found',
      'Image not found',
      'Invalid schedule_time',
      'Invalid execution_mode',
    ]);
    const order = { devices: ['sw1'], workflow_id: 77777, image_id: 'abc' };
    expect(plain(await fleet.trigger(order))['error']).toBe('Workflow not found');
  });

  it('reads every form of a schedule as the documentation means it (case 13)', async () => {
    for (const [text, at] of [
      ['2032-02-03T02:00:00Z', '2032-02-03T02:00:00.000Z'],
      ['2032-02-03T02:00:00+02:00', '2032-02-03T00:00:00.000Z'],
      ['2032-02-03T02:00:00', '2032-02-03T02:00:00.000Z'],
      ['2032-02-03 02:00:00', '2032-02-03T02:00:00.000Z'],
      ['2032-02-03', '2032-02-03T00:00:00.000Z'],
    ]) {
      const answer = await fleet.trigger({ devices: ['sw1'], schedule_time: text });
      expect(body(answer)).toMatchObject({ scheduled: true, schedule_time: text, details: [{ status: 'scheduled' }] });
      const [row] = await fleet.sql.query<{ at: Date }[]>('select scheduled_for as at from batches where id = $1', [
        body(answer).batch_id,
      ]);
      expect(row!.at.toISOString()).toBe(at);
    }
    const now = await fleet.trigger({ devices: ['sw1'], schedule_time: '' });
    expect(body(now)).toMatchObject({ scheduled: false, details: [{ status: 'pending' }] });
    const justLate = await fleet.trigger({
      devices: ['sw1'],
      schedule_time: new Date(Date.now() - 60_000).toISOString(),
    });
    expect(body(justLate)).toMatchObject({ scheduled: false, details: [{ status: 'pending' }] });
  });

  it('repeats its answer for the same Idempotency-Key and refuses the key for another body', async () => {
    const headers = { 'idempotency-key': 'change-4711' };
    const before = await jobCount();
    const [first, second] = await Promise.all([
      fleet.trigger({ devices: ['sw1'], remarks: 'x' }, headers),
      fleet.trigger({ remarks: 'x', devices: ['sw1'] }, headers),
    ]);
    expect([first.status, second.status]).toEqual([201, 201]);
    expect(body(second)).toEqual(body(first));
    expect(await jobCount()).toBe(before + 1);
    const other = await fleet.trigger({ devices: ['sw2'] }, headers);
    expect(other.status).toBe(422);
    // A refused request leaves its key free.
    const free = { 'idempotency-key': 'change-4712' };
    expect((await fleet.trigger({ devices: ['ghost'] }, free)).status).toBe(404);
    expect((await fleet.trigger({ devices: ['sw2'] }, free)).status).toBe(201);
  });

  it('shows with dry_run what would happen and stores nothing', async () => {
    const before = await jobCount();
    for (const dry of [
      await fleet.trigger({ devices: ['sw1', 'bare'], dry_run: true }),
      await fleet.call('POST', '/api/upgrade/trigger?dry_run=true', { devices: ['sw1', 'bare'] }),
    ]) {
      expect(dry.status).toBe(200);
      expect(body(dry)).toMatchObject({ jobs_created: 0, job_ids: [], dry_run: true });
      expect(body(dry).details.map((detail) => detail['image'] ?? detail['error'])).toEqual([
        'cat9k-universalk9.17.09.04a.SPA.bin',
        'No image configured',
      ]);
    }
    expect(await jobCount()).toBe(before);
  });
});
