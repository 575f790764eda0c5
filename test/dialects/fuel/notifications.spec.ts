import { NotificationsService } from '../../../src/fuel/notifications/notifications.service.js';
import { FuelApi } from './fuel-api.js';

interface Notification {
  readonly id: number;
  readonly status: string;
}

let api: FuelApi;
beforeAll(async () => {
  api = await FuelApi.start();
});
afterAll(() => api.close());

const make = (message: string) => api.create<Notification>('notifications', { topic: 'done', message });

describe('/notifications', () => {
  it('keeps one and answers every field', async () => {
    const created = await api.post('notifications', {
      topic: 'error',
      message: 'm',
      cluster: 3,
      node_id: 4,
      task_id: 5,
      x: 1,
    });
    expect(created.statusCode).toBe(201);
    const expected = {
      id: expect.any(Number),
      topic: 'error',
      message: 'm',
      status: 'unread',
      cluster: 3,
      node_id: 4,
      task_id: 5,
      time: expect.stringMatching(/^\d\d:\d\d:\d\d$/),
      date: expect.stringMatching(/^\d\d-\d\d-\d{4}$/),
    };
    expect(created.json()).toEqual(expected);
    expect(await api.read(`notifications/${created.json()['id']}`)).toEqual(expected);
  });

  it('lists by id', async () => {
    await Promise.all([make('a'), make('b'), make('c')]);
    const ids = (await api.read<Notification[]>('notifications/')).map(({ id }) => id);
    expect(ids).toEqual([...ids].sort((a, b) => a - b));
    expect(ids.length).toBeGreaterThan(2);
  });

  it.each([{}, { topic: 'nonsense', message: 'm' }, { topic: 7 }, { topic: ['done'] }, { topic: null }])(
    'refuses the topic of %j',
    async (body) => {
      expect(FuelApi.refusal(await api.post('notifications', body))).toEqual([
        400,
        'Notification topic is not found or invalid',
      ]);
    },
  );

  it('marks one read', async () => {
    const { id } = await make('read me');
    const answer = await api.put(`notifications/${id}`, { status: 'read' });
    expect([answer.statusCode, answer.json()['status']]).toEqual([200, 'read']);
    for (const status of ['seen', 1, null, ['read']]) {
      expect(FuelApi.refusal(await api.put(`notifications/${id}`, { status }))).toEqual([400, 'Bad status']);
    }
    expect(FuelApi.refusal(await api.put(`notifications/${id}`, {}))).toEqual([400, 'Bad status']);
    expect(FuelApi.refusal(await api.put(`notifications/${id}`))).toEqual([400, 'Empty request received']);
    expect(FuelApi.refusal(await api.put('notifications/99999', { status: 'read' }))).toEqual([
      404,
      'Notification not found',
    ]);
  });

  it('takes whole notifications back, in the order they come', async () => {
    const [first, second] = [await make('first'), await make('second')];
    const answer = await api.put('notifications/', [
      { ...second, status: 'read' },
      { ...first, status: 'read' },
    ]);
    expect(answer.statusCode).toBe(200);
    expect(answer.json<Notification[]>().map(({ id, status }) => [id, status])).toEqual([
      [second.id, 'read'],
      [first.id, 'read'],
    ]);
    expect((await api.put('notifications', [])).json()).toEqual([]);
  });

  it('changes all of a list or nothing', async () => {
    const { id } = await make('half');
    const cases: [unknown, string][] = [
      [{ id, status: 'read' }, 'Invalid json list'],
      [[{ id, status: 'read' }, { status: 'read' }], 'ID is not set correctly'],
      [[{ id, status: 'read' }, { id }], 'Status is not set correctly'],
      [
        [
          { id, status: 'read' },
          { id, status: 'seen' },
        ],
        'Bad status',
      ],
      [
        [
          { id, status: 'read' },
          { id: 99999, status: 'read' },
        ],
        'Invalid ID specified',
      ],
      [
        [
          { id, status: 'read' },
          { id: 'x', status: 'read' },
        ],
        'Invalid ID specified',
      ],
      [
        [
          { id, status: 'read' },
          { id: 2 ** 40, status: 'read' },
        ],
        'Invalid ID specified',
      ],
      [[{ id, status: 'read' }, 7], 'Invalid data: a JSON object is expected'],
    ];
    for (const [body, message] of cases) {
      expect(FuelApi.refusal(await api.put('notifications', body))).toEqual([400, message]);
    }
    expect((await api.read<Notification>(`notifications/${id}`)).status).toBe('unread');
  });

  it('marks very many read with one request, and survives more than there are', async () => {
    await api.sql.query(
      `insert into notifications (topic, message) select 'done', 'n' || n from generate_series(1, 3000) n`,
    );
    const all = await api.read<Notification[]>('notifications');
    const answer = await api.put(
      'notifications',
      all.map((each) => ({ ...each, status: 'read' })),
    );
    expect([answer.statusCode, answer.json<Notification[]>().every(({ status }) => status === 'read')]).toEqual([
      200,
      true,
    ]);
    expect((await api.read<Notification[]>('notifications')).every(({ status }) => status === 'read')).toBe(true);
    const unknown = Array.from({ length: 70_000 }, (_, n) => ({ id: 1_000_000 + n, status: 'read' }));
    expect(FuelApi.refusal(await api.put('notifications', unknown))).toEqual([400, 'Invalid ID specified']);
  });

  it('is deleted once', async () => {
    const { id } = await make('gone');
    const answer = await api.delete(`notifications/${id}`);
    expect([answer.statusCode, answer.body]).toEqual([204, '']);
    expect(FuelApi.refusal(await api.delete(`notifications/${id}`))).toEqual([404, 'Notification not found']);
    expect(FuelApi.refusal(await api.get(`notifications/${id}`))).toEqual([404, 'Notification not found']);
  });

  it('writes an audit record of each change', async () => {
    const { id } = await make('audited');
    await api.put(`notifications/${id}`, { status: 'read' });
    await api.put(`notifications/${id}`, { status: 'read' });
    await api.delete(`notifications/${id}`);
    const rows = await api.sql.query<{ action: string }[]>(
      `select action from audit_events where object_type = 'notification' and object_id = $1 order by id`,
      [String(id)],
    );
    expect(rows.map(({ action }) => action)).toEqual(['create', 'update', 'delete']);
  });

  it('is made by others in their own transaction', async () => {
    const service = api.app.app.get(NotificationsService);
    const messages = async () => (await api.read<{ message: string }[]>('notifications')).map(({ message }) => message);
    await expect(
      api.sql.transaction(async (tx) => {
        await service.notify(tx, { topic: 'warning', message: 'taken back' });
        throw new Error('no');
      }),
    ).rejects.toThrow('no');
    await api.sql.transaction((tx) =>
      service.notify(tx, { topic: 'warning', message: 'odd \0 text \ud800', nodeId: 1 }),
    );
    expect(await messages()).not.toContain('taken back');
    expect(await messages()).toContain('odd  text \ufffd');
  });
});
