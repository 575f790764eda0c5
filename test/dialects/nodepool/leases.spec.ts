import { ServerLeaseRegistry, type LeaseWish, type ServerLeases } from '../../../src/drivers/pool/server-leases.js';
import { Reaper } from '../../../src/nodepool/loops/reaper.service.js';
import { Engine, snapshotYaml } from './engine.js';

describe('servers that are lent', () => {
  let engine: Engine;
  let leases: ServerLeases;

  beforeEach(async () => {
    engine = await Engine.withImage(snapshotYaml({ minReady: 4 }));
    await engine.ready(4);
    leases = engine.app.app.get(ServerLeaseRegistry, { strict: false }).find()!;
    [label] = (await engine.nodes('state = 2')).map(({ label_name }) => label_name);
  });
  afterEach(() => engine.close());

  let label: string | undefined;
  const wish = (differs: Partial<LeaseWish> = {}): LeaseWish => {
    return { holder: 'environment:7', key: 'step:1', label: label!, count: 1, by: 'genesis', ...differs };
  };
  const audit = (): Promise<{ action: string; objectId: string; after: object }[]> =>
    engine.sql.query(
      `select action, object_id as "objectId", after from audit_events
       where object_type = 'pool-node' and action in ('lease', 'give-back') order by id`,
    );

  it('are used, and deleted once they are given back', async () => {
    const [server, second] = (await leases.lease(wish({ count: 2 })))!;
    const [node] = await engine.nodes(`id = ${server!.id}`);
    expect(node).toMatchObject({ state: 3, ip: server!.address, label_name: server!.label });
    expect(await leases.login('environment:7', server!.id)).toMatchObject({ address: server!.address, port: 22 });
    expect(await leases.login('environment:8', server!.id)).toBeNull();
    expect(await leases.release('environment:8', [server!.id], 'x')).toEqual([]);
    expect(await leases.release('environment:7', [server!.id], 'genesis')).toEqual([server!.id]);
    await engine.gone(Number(server!.id));
    expect((await engine.nodes(`id = ${second!.id}`))[0]).toMatchObject({ state: 3 });
    expect(await leases.release('environment:7', null, 'genesis')).toEqual([second!.id]);
    await engine.gone(Number(second!.id));
    expect(await leases.release('environment:7', null, 'genesis')).toEqual([]);
    expect((await audit()).map(({ action }) => action)).toEqual(['lease', 'lease', 'give-back', 'give-back']);
    expect((await audit())[0]).toMatchObject({ after: { state: 'used', holder: 'environment:7', by: 'genesis' } });
    expect(await engine.sql.query('select * from pool_leases')).toEqual([]);
  });

  it('are the same ones when the same wish is told again, also at the same time', async () => {
    const answers = await Promise.all(Array.from({ length: 5 }, () => leases.lease(wish({ count: 2 }))));
    const ids = answers.map((servers) => servers!.map(({ id }) => id));
    expect(new Set(ids.map(String)).size).toBe(1);
    expect(await engine.nodes('state = 3')).toHaveLength(2);
    expect(await audit()).toHaveLength(2);
  });

  it('are nobody else\u2019s, however many ask at once', async () => {
    const holders = Array.from({ length: 12 }, (_, index) => `environment:${index}`);
    const answers = await Promise.all(holders.map((holder) => leases.lease(wish({ holder }))));
    const ids = answers.flatMap((servers) => servers?.map(({ id }) => id) ?? []);
    expect(new Set(ids).size).toBe(ids.length);
    expect(ids.length).toBeGreaterThanOrEqual(1);
    const rows = await engine.sql.query<{ id: number }[]>('select node_id as id from pool_leases');
    expect(rows).toHaveLength(ids.length);
  });

  it('are all that were asked for, or none', async () => {
    expect(await leases.lease(wish({ count: 50 }))).toBeNull();
    expect(await engine.nodes('state = 3')).toEqual([]);
    await expect(leases.lease(wish({ label: 'nope' }))).rejects.toMatchObject({
      message: 'The pool has no label nope',
      retryable: false,
    });
  });

  it('are not taken for forgotten ones, however old they are; a used node that nobody leased is', async () => {
    const [server] = (await leases.lease(wish()))!;
    const [other] = await engine.nodes('state = 2');
    await engine.sql.query(`update pool_nodes set state = 3 where id = $1`, [other!.id]);
    await engine.sql.query(`update pool_nodes set state_time = now() - interval '9 hours' where state = 3`);
    await engine.app.app.get(Reaper, { strict: false }).cleanUp();
    await engine.gone(other!.id);
    expect((await engine.nodes(`id = ${server!.id}`))[0]).toMatchObject({ state: 3 });
  });

  it('stay where somebody holds them when they are given back', async () => {
    const [server] = (await leases.lease(wish()))!;
    await engine.hold(Number(server!.id));
    expect(await leases.release('environment:7', null, 'genesis')).toEqual([server!.id]);
    expect((await engine.nodes(`id = ${server!.id}`))[0]).toMatchObject({ state: 5 });
    expect(await engine.sql.query('select * from pool_leases')).toEqual([]);
  });

  it('are gone when somebody deletes the node', async () => {
    const [server] = (await leases.lease(wish()))!;
    await engine.deleteNode(Number(server!.id));
    await engine.gone(Number(server!.id));
    expect(await leases.login('environment:7', server!.id)).toBeNull();
    expect(await leases.release('environment:7', [server!.id], 'genesis')).toEqual([]);
  });
});
