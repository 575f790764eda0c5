import type { DataSource } from 'typeorm';
import { Engine, snapshotYaml } from './engine.js';

/** The most servers that stood at the fake cloud at once, from when each was made and when its end was asked for. */
async function mostServers(engine: Engine): Promise<number> {
  const [row] = await engine.sql.query<{ most: number }[]>(
    `with changes as (
       select made_at as at, 1 as change from server_log where made_at is not null
       union all
       select ended_at, -1 from server_log where ended_at is not null)
     select coalesce(max(total), 0)::integer as most
     from (select sum(change) over (order by at, change desc) as total from changes) running`,
  );
  return row!.most;
}

/** The cloud's own log: a trigger writes down when each server comes and goes. */
async function logServers(sql: DataSource): Promise<void> {
  await sql.query(`
    create table server_log (id text primary key, made_at timestamptz, ended_at timestamptz);
    create function log_server() returns trigger language plpgsql as $$
    begin
      if tg_op = 'INSERT' then insert into server_log values (new.id, clock_timestamp(), null);
      else update server_log set ended_at = clock_timestamp() where id = old.id; end if;
      return null;
    end $$;
    create trigger log_server after insert or delete on fake_servers for each row execute function log_server();
  `);
}

describe('the quota', () => {
  it('is filled and never exceeded: min-ready 5 with max-servers 3 gives three (acceptance case 27)', async () => {
    const yaml = snapshotYaml({ minReady: 5, maxServers: 3, extra: '    fake: { delete-delay: 1 }' });
    const engine = await Engine.withImage(yaml, [{}], logServers);
    try {
      const [first, second] = await engine.ready(3);
      await engine.hold(first!.id);
      await engine.deleteNode(second!.id);
      await engine.gone(second!.id);
      // One is held and counts: two are ready again.
      await engine.ready(2);
      await engine.passes.main();
      expect(await engine.nodes()).toHaveLength(3);
      expect(await mostServers(engine)).toBe(3);
    } finally {
      await engine.close();
    }
  });

  it.each([
    { minReady: 2, maxServers: 0, images: 1, what: 'max-servers 0' },
    { minReady: -1, maxServers: 5, images: 0, what: 'min-ready -1' },
  ])('$what launches nothing', async ({ minReady, maxServers, images }) => {
    const engine = await Engine.start(snapshotYaml({ minReady, maxServers }));
    try {
      await engine.until('the image, if any', async () => {
        await engine.passes.main();
        return (await engine.images('state = 2')).length === images ? true : undefined;
      });
      await engine.passes.main();
      expect(await engine.nodes()).toEqual([]);
      expect(await engine.images()).toHaveLength(images);
    } finally {
      await engine.close();
    }
  });

  it('holds while two processes run the loops and nodes come and go', async () => {
    const yaml = snapshotYaml({ minReady: 8, maxServers: 6, extra: '    fake: { delete-delay: 0.2 }' });
    const one = await Engine.withImage(yaml, [{}], logServers);
    const two = await Engine.start(yaml, { database: one.app.database });
    try {
      await one.ready(6);
      for (let round = 0; round < 4; round += 1) {
        const nodes = await one.ready(6);
        await Promise.all(nodes.slice(0, 3).map(({ id }) => (id % 2 ? one : two).deleteNode(id)));
        await Promise.all(Array.from({ length: 6 }, (_, at) => (at % 2 ? one : two).passes.main()));
      }
      await one.until('an end of the coming and going', async () => {
        const nodes = await one.nodes();
        return nodes.length === 6 && nodes.every(({ state }) => state === 2) ? true : undefined;
      });
      expect(await mostServers(one)).toBeLessThanOrEqual(6);
      expect((await one.nodes())[5]!.id).toBeGreaterThanOrEqual(18);
    } finally {
      await two.close();
      await one.close();
    }
  });

  it('is shared out over the providers of a label in proportion to their room', async () => {
    const engine = await Engine.withImage(
      snapshotYaml({ minReady: 6, maxServers: 8 })
        .replace('[{ name: fake-provider }]', '[{ name: fake-provider }, { name: small }]')
        .replace(
          'targets:',
          `  - name: small
    driver: fake
    max-servers: 4
    rate: 0.001
    images:
      - { name: fake-image, base-image: 'Fake Precise', min-ram: 8192, setup: prepare_node_devstack.sh }
targets:`,
        ),
      [{ provider: 'small' }, { provider: 'fake-provider' }],
    );
    try {
      const nodes = await engine.ready(6);
      const counts = nodes.map(({ provider_name }) => provider_name);
      expect(counts.length).toBe(6);
      expect(counts.filter((name) => name === 'small').length).toBeGreaterThanOrEqual(2);
    } finally {
      await engine.close();
    }
  });
});
