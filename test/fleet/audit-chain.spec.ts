import { setImmediate } from 'node:timers/promises';
import { hashOf } from '../../src/auth/audit/audit-chain.js';
import { AuditChainService } from '../../src/auth/audit/audit-chain.service.js';
import { AuditSealerService } from '../../src/auth/audit/audit-sealer.service.js';
import { AuditService } from '../../src/auth/audit/audit.service.js';
import { SYSTEM_PRINCIPAL } from '../../src/auth/principal.js';
import { takesTick } from '../../src/common/tick-lock.js';
import { FleetApp, problemOf } from './fleet.js';

interface Verdict {
  intact: boolean;
  checked: number;
  head: { seq: number; hash: string; anchor: string };
  unsealed: number;
  problems: { fault: string; seq: number; audit_id: string; detail: string }[];
}

describe('the audit chain', () => {
  let fleet: FleetApp;
  let sealer: AuditSealerService;

  beforeAll(async () => {
    fleet = await FleetApp.start();
    sealer = fleet.running.app.get(AuditSealerService);
  });
  beforeEach(async () => {
    await unsealed(async () => {
      await tamper('audit_chain', 'truncate audit_chain');
      await tamper('audit_events', 'truncate audit_events');
    });
    await write(5);
  });
  afterAll(() => fleet.close());

  const write = (count: number) =>
    fleet.running.database.dataSource.transaction((tx) =>
      fleet.running.app.get(AuditService).recordMany(
        tx,
        SYSTEM_PRINCIPAL,
        Array.from({ length: count }, (_, n) => ({
          action: 'update',
          objectType: 'thing',
          objectId: n,
          objectRepr: `thing ${n}`,
          before: { colour: 'red', size: n },
          after: { colour: 'blue', size: n + 0.5 },
        })),
      ),
    );
  const verify = (query = '') => fleet.get<Verdict & Record<string, unknown>>(`/audit-chain/verification${query}`);
  /** As somebody with the database's own rights would. */
  const tamper = async (table: 'audit_events' | 'audit_chain', statement: string): Promise<void> => {
    await fleet.sql(`alter table ${table} disable trigger user`);
    await fleet.sql(statement);
    await fleet.sql(`alter table ${table} enable trigger user`);
  };
  /** Holds what each tick of the application takes first, so that none seals between one statement and the next. */
  const unsealed = (act: () => Promise<void>): Promise<void> =>
    fleet.running.database.dataSource.transaction(async (tx) => {
      while (!(await takesTick(tx, 'audit chain'))) await setImmediate();
      await act();
    });
  /** Ticks of the application may seal as well. */
  const sealAll = async (): Promise<Verdict> => {
    for (;;) {
      await sealer.sealAll();
      const verdict = await verify();
      if (verdict.unsealed === 0) return verdict;
    }
  };

  it('holds every row once, without gaps, and is found intact', async () => {
    const first = await sealAll();
    expect(first).toMatchObject({ intact: true, unsealed: 0, problems: [] });
    await write(1500);
    const second = await sealAll();
    expect(second).toMatchObject({ intact: true, checked: first.checked + 1500, head: { seq: first.checked + 1500 } });
    const [counts] = await fleet.sql<Record<string, number>>(
      'select count(*)::int as links, count(distinct event_id)::int as rows, max(seq)::int as last from audit_chain',
    );
    expect(counts).toEqual({ links: second.checked, rows: second.checked, last: second.checked });
    expect(await fleet.get('/audit-chain')).toEqual(second.head);
    expect(await verify(`?anchor=${first.head.anchor}`)).toMatchObject({ intact: true });
  });

  it('can be calculated again from an export', async () => {
    const { head } = await sealAll();
    let hash = '0'.repeat(64);
    for await (const link of fleet.running.app.get(AuditChainService).links()) {
      hash = hashOf(hash, JSON.parse(JSON.stringify(link.row)) as NonNullable<typeof link.row>);
      expect(link.hash).toBe(hash);
    }
    expect(hash).toBe(head.hash);
  });

  it.each([
    ['another user name', `update audit_events set user_name = 'nobody' where id = $id`],
    ['a time that is a microsecond later', `update audit_events set at = at + interval '1 microsecond' where id = $id`],
    ['another value inside', `update audit_events set after = jsonb_set(after, '{size}', '7') where id = $id`],
    ['a field that was taken out', `update audit_events set before = before - 'colour' where id = $id`],
  ])('finds a changed row: %s', async (_what, statement) => {
    const { head } = await sealAll();
    const [{ id } = { id: '' }] = await fleet.sql<{ id: string }>(
      `select id::text from audit_events where object_type = 'thing' order by id offset 2 limit 1`,
    );
    await tamper('audit_events', statement.replace('$id', id));
    const verdict = await verify();
    expect(verdict.intact).toBe(false);
    expect(verdict.problems).toMatchObject([{ fault: 'changed', audit_id: id }]);
    expect(verdict.head).toEqual(head);
  });

  it('finds a removed row, a removed link, and a chain that was cut', async () => {
    const { head, checked } = await sealAll();
    const [{ id } = { id: '' }] = await fleet.sql<{ id: string }>('select max(id)::text as id from audit_events');
    await tamper('audit_events', `delete from audit_events where id = ${id}`);
    expect((await verify()).problems).toMatchObject([{ fault: 'removed', audit_id: id, seq: checked }]);
    await tamper('audit_chain', `delete from audit_chain where event_id = ${id}`);
    // Nothing inside tells; the head that was noted does.
    expect(await verify()).toMatchObject({ intact: true, checked: checked - 1 });
    expect((await verify(`?anchor=${head.anchor}`)).problems).toMatchObject([{ fault: 'anchor', seq: head.seq }]);
    await tamper('audit_chain', 'delete from audit_chain where seq = 2');
    const { problems } = await verify();
    expect(problems).toMatchObject([{ fault: 'missing_link', seq: 3 }]);
  });

  it('finds rows that changed places, and a chain that was made anew', async () => {
    const { head } = await sealAll();
    const [two, three] = await fleet.sql<{ id: string }>(
      'select event_id::text as id from audit_chain where seq in (2, 3) order by seq',
    );
    await tamper(
      'audit_chain',
      `update audit_chain set event_id = -1 where seq = 2;
       update audit_chain set event_id = ${two!.id} where seq = 3;
       update audit_chain set event_id = ${three!.id} where seq = 2`,
    );
    const swapped = await verify();
    expect(swapped.problems.map(({ fault, seq }) => [fault, seq])).toEqual([
      ['changed', 2],
      ['changed', 3],
    ]);
    await unsealed(async () => {
      await tamper('audit_chain', 'truncate audit_chain');
      await tamper('audit_events', `update audit_events set user_name = 'nobody' where object_type = 'thing'`);
    });
    const anew = await sealAll();
    expect(anew.intact).toBe(true);
    const anchored = await verify(`?anchor=${head.anchor}`);
    expect(anchored).toMatchObject({ intact: false, problems: [{ fault: 'anchor' }] });
  });

  it('finds a row that stays out of the chain, and is not to be changed itself', async () => {
    await sealAll();
    await unsealed(async () => {
      await tamper('audit_chain', 'delete from audit_chain where seq = (select max(seq) from audit_chain)');
      await tamper(
        'audit_events',
        `update audit_events set at = now() - interval '1 hour' where id = (select max(id) from audit_events)`,
      );
      const verdict = await fleet.running.app.get(AuditChainService).verify();
      expect(verdict.problems.map(({ fault }) => fault)).toEqual(['unsealed']);
    });
    for (const statement of ['delete from audit_chain', 'update audit_chain set hash = hash', 'truncate audit_chain']) {
      await expect(fleet.sql(statement)).rejects.toThrow('append-only');
    }
  });

  it('is for administrators, and refuses what is no anchor', async () => {
    for (const as of ['viewer', 'operator'] as const) {
      expect((await fleet.call('GET', '/audit-chain/verification', undefined, { as })).statusCode).toBe(403);
    }
    for (const query of ['?anchor=1', '?anchor=1:zz', '?other=1', `?anchor=9999999999999999:${'0'.repeat(64)}`]) {
      const answer = await fleet.call('GET', `/audit-chain/verification${query}`);
      expect([query, answer.statusCode, problemOf(answer)]).toEqual([query, 400, 'invalid_fields']);
    }
  });
});
