import { setTimeout as sleep } from 'node:timers/promises';
import { snapshotYaml } from '../dialects/nodepool/engine.js';
import { KillablePool } from '../dialects/nodepool/killable-pool.js';

const LONG_MS = 300_000;
const MAX_SERVERS = 5;
const RATE_S = 0.2;
const ROUNDS = 4;

/** Writes down, with the database's clock and who did it, when servers come and go and when turns are taken and given back. */
const LOGS = `
  create table server_log (id text primary key, made_at timestamptz not null, made_by text, ended_at timestamptz);
  create function log_server() returns trigger language plpgsql as $$
  begin
    if tg_op = 'INSERT' then
      insert into server_log values (new.id, clock_timestamp(), current_setting('application_name'));
    else update server_log set ended_at = clock_timestamp() where id = old.id; end if;
    return null;
  end $$;
  create trigger log_server after insert or delete on fake_servers for each row execute function log_server();

  create table turn_log (n serial, at timestamptz not null, next_at timestamptz not null, taken_by text);
  create function log_turn() returns trigger language plpgsql as $$
  begin
    insert into turn_log (at, next_at, taken_by) values (clock_timestamp(), new.next_at, current_setting('application_name'));
    return null;
  end $$;
  create trigger log_turn after insert or update on provider_turns for each row execute function log_turn();
`;

interface Turn {
  readonly taken: number;
  /** When the next one may be taken, as was written when this one was given back; null: it was not. */
  readonly nextAt: number | null;
  /** Seconds from giving it back until then. */
  readonly left: number | null;
  readonly by: string;
}

/** A lease is seconds long; what is left when it is given back is the rate. */
async function turns(pool: KillablePool): Promise<Turn[]> {
  const rows = await pool.sql.query<{ at: number; left: number; by: string }[]>(
    `select extract(epoch from at)::double precision as at, extract(epoch from next_at - at)::double precision as left,
       taken_by as by from turn_log order by at`,
  );
  const isTaken = ({ left }: { left: number }) => left > 1;
  return rows.flatMap((row, index) => {
    if (!isTaken(row)) return [];
    const next = rows[index + 1];
    // Nobody took it from its holder: after each turn comes its end.
    expect(next === undefined || (!isTaken(next) && next.by === row.by)).toBe(true);
    return [{ taken: row.at, nextAt: next ? next.at + next.left : null, left: next?.left ?? null, by: row.by }];
  });
}

async function mostServers(pool: KillablePool): Promise<number> {
  const [row] = await pool.sql.query<{ most: number }[]>(
    `with changes as (
       select made_at as at, 1 as change from server_log
       union all
       select ended_at, -1 from server_log where ended_at is not null)
     select max(total)::integer as most from (select sum(change) over (order by at, change desc) as total from changes) running`,
  );
  return row!.most;
}

describe('two server processes run the loops of one pool at once (Done when 4)', () => {
  let one: KillablePool;
  let two: KillablePool;
  beforeAll(async () => {
    one = await KillablePool.create();
    two = one.another('two');
    await one.sql.query(LOGS);
    await one.readyImage();
    const yaml = snapshotYaml({
      minReady: 9,
      maxServers: MAX_SERVERS,
      rate: RATE_S,
      extra: '    fake: { delete-delay: 0.3 }',
    });
    await Promise.all([one.start(yaml), two.start(yaml)]);
  }, LONG_MS);
  afterAll(async () => {
    await two.stop();
    await one.end();
  });

  it(
    'max-servers is reached and never exceeded, and calls begin no sooner after one another than the rate',
    async () => {
      for (let round = 0; round < ROUNDS; round += 1) {
        const nodes = await one.ready(MAX_SERVERS);
        const some = nodes.slice(0, 3);
        const answers = await Promise.all(
          some.flatMap(({ id }) => [one, two].map((pool) => pool.write('DELETE', `/v1/nodes/${id}`))),
        );
        expect(answers.every((status) => status === 204 || status === 404)).toBe(true);
        await sleep(200 * round);
      }
      const ready = await one.ready(MAX_SERVERS);
      expect(ready.at(-1)!.id).toBeGreaterThanOrEqual(MAX_SERVERS + 3 * ROUNDS);
      await Promise.all([one.endProcess(), two.endProcess()]);

      expect(await mostServers(one)).toBe(MAX_SERVERS);
      expect((await one.servers()).map(({ id }) => id).sort()).toEqual(
        ready.map(({ external_id }) => external_id).sort(),
      );
      const makers = await one.sql.query<unknown[]>('select distinct made_by from server_log order by 1');
      expect(makers).toEqual([{ made_by: 'one' }, { made_by: 'two' }]);
      await expectPaced();
    },
    LONG_MS,
  );

  /** A call begins after its turn is taken and before it is given back; so the shortest time there can be between two. */
  async function expectPaced(): Promise<void> {
    const taken = await turns(one);
    expect([...new Set(taken.map(({ by }) => by))].sort()).toEqual(['one', 'two']);
    const early = taken.slice(1).map((turn, at) => (taken[at]!.nextAt ?? 0) - turn.taken);
    expect(Math.max(...early)).toBeLessThan(0.000_01);
    // The log's clock is read a moment after the one the rate was added to; half of them at least were not interrupted between.
    const lefts = taken.flatMap(({ left }) => left ?? []).sort((a, b) => a - b);
    expect(lefts[Math.floor(lefts.length / 2)]).toBeGreaterThan(RATE_S * 0.9);
    // The cloud's own book: as many calls as turns, and the n-th of them not before the n-th turn.
    const calls = await one.sql.query<{ at: number }[]>(
      'select extract(epoch from called_at)::double precision as at from fake_calls order by called_at',
    );
    expect(calls).toHaveLength(taken.length);
    expect(calls.every(({ at }, index) => at >= taken[index]!.taken)).toBe(true);
  }
});
