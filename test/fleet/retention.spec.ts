import { randomUUID } from 'node:crypto';
import type { EntityManager } from 'typeorm';
import { RetentionService } from '../../src/scheduler/retention.service.js';
import { startTestApp, type TestApp } from '../support/app.js';

describe('retention', () => {
  let running: TestApp;

  beforeAll(async () => {
    running = await startTestApp();
  });
  afterAll(() => running.close());

  const sql = <Row>(query: string, parameters: unknown[] = []) =>
    running.database.dataSource.query<Row[]>(query, parameters);
  const prune = (app = running): Promise<void> =>
    app.database.dataSource.transaction((tx: EntityManager) =>
      app.app.get(RetentionService, { strict: false }).prune(tx),
    );
  const ago = (days: number) => new Date(Date.now() - days * 86_400_000);
  const names = async (query: string): Promise<string[]> =>
    (await sql<{ name: string }>(query)).map(({ name }) => name).sort();

  async function hook(): Promise<string> {
    const id = randomUUID();
    await sql(
      `insert into hooks (id, name, kind, secret_encrypted, plan_name, mapping, owner_name)
       values ($1, 'h', 'github', '', 'p', '{}', 'o')`,
      [id],
    );
    return id;
  }

  it('forgets calls of hooks, but none that could be sent again', async () => {
    const id = await hook();
    const calls = [
      ['ignored', null],
      ['refused', null],
      ['started', 'id:1'],
      ['started', 'signature:1'],
      ['started', 'body:1'],
      ['started', 'key:1'],
    ];
    for (const [outcome, delivery] of calls) {
      for (const days of [89, 91]) {
        await sql('insert into hook_calls (hook_id, delivery, outcome, at, reason) values ($1, $2, $3, $4, $5)', [
          id,
          delivery === null ? null : `${delivery}-${days}`,
          outcome,
          ago(days),
          `${outcome} ${delivery ?? ''} ${days}`,
        ]);
      }
    }
    await prune();
    expect(await names("select reason as name from hook_calls where at < now() - interval '90 days'")).toEqual([
      'started body:1 91',
      'started key:1 91',
    ]);
    expect(await names("select reason as name from hook_calls where at > now() - interval '90 days'")).toHaveLength(6);
  });

  it('forgets runs of schedules and notifications, read or not', async () => {
    await sql(`insert into plans (name, request, created_by_name) values ('p', '{}', 'o')`);
    await sql(
      `insert into schedules (name, plan_id, zone, starts_local, missed, owner_name)
       select 's', id, 'UTC', '2026-01-01T00:00', 'skip', 'o' from plans`,
    );
    for (const days of [89, 91]) {
      await sql(
        `insert into schedule_runs (schedule_id, due_at, outcome, reason, at)
         select id, $1, 'missed', $2, $1 from schedules`,
        [ago(days), `${days}`],
      );
      for (const status of ['read', 'unread']) {
        await sql(`insert into notifications (topic, message, status, created_at) values ('done', $1, $2, $3)`, [
          `${status} ${days}`,
          status,
          ago(days),
        ]);
      }
    }
    await prune();
    expect(await names('select reason as name from schedule_runs')).toEqual(['89']);
    expect(await names('select message as name from notifications')).toEqual(['read 89', 'unread 89']);
  });

  it('forgets deliveries with the events, but none that did not arrive', async () => {
    await sql(
      `insert into webhooks (name, url, secret_encrypted, planned_seq, created_by_name)
       values ('w', 'http://127.0.0.1/', '', 0, 'o')`,
    );
    for (const status of ['delivered', 'dead', 'redelivering']) {
      for (const days of [29, 31]) {
        await sql(
          `insert into webhook_deliveries (webhook_id, seq, batch_id, type, status, attempts, at)
           select id, 1, $1, $2, $3, 1, $4 from webhooks`,
          [randomUUID(), `${status} ${days}`, status, ago(days)],
        );
      }
    }
    await prune();
    expect(await names('select type as name from webhook_deliveries')).toEqual([
      'dead 29',
      'dead 31',
      'delivered 29',
      'redelivering 29',
      'redelivering 31',
    ]);
  });

  it('forgets nothing where things are kept for ever', async () => {
    const config = { logRetentionDays: 0, eventRetentionDays: 0 };
    const keeper = await startTestApp({ database: running.database, config });
    try {
      await sql(`insert into notifications (topic, message, created_at) values ('done', 'old', $1)`, [ago(9_000)]);
      await sql(`insert into webhook_deliveries (webhook_id, seq, batch_id, type, status, attempts, at)
         select id, 1, gen_random_uuid(), 'old', 'delivered', 1, now() - interval '9000 days' from webhooks`);
      await prune(keeper);
      expect(await names(`select message as name from notifications where message = 'old'`)).toEqual(['old']);
      expect(await names(`select type as name from webhook_deliveries where type = 'old'`)).toEqual(['old']);
    } finally {
      await keeper.close();
    }
  });
});
