import { Engine, snapshotYaml } from './engine.js';

describe('a hold', () => {
  let engine: Engine;
  afterEach(() => engine.close());

  it('ends after its ttl, and not without one (acceptance case 29)', async () => {
    engine = await Engine.withImage(snapshotYaml({ minReady: 2 }));
    const [short, long] = await engine.ready(2);
    expect(await engine.hold(short!.id, 2)).toBe(200);
    expect(await engine.hold(long!.id, 0)).toBe(200);
    await engine.gone(short!.id);
    const [end] = await engine.sql.query<{ heldS: number }[]>(
      `select extract(epoch from j.created_at - a.at)::double precision as "heldS" from jobs j, audit_events a
       where j.target_kind = 'pool-node' and j.target_id = $1 and j.input ->> 'act' = 'delete'
         and a.object_id = $1 and a.action = 'hold' order by a.id desc limit 1`,
      [String(short!.id)],
    );
    expect(end!.heldS).toBeGreaterThanOrEqual(1.9);
    await engine.passes.main();
    expect(await engine.nodes(`id = ${long!.id}`)).toMatchObject([{ state: 5 }]);
  });

  it('ends with max-hold-age where that is sooner', async () => {
    engine = await Engine.withImage(`max-hold-age: 2\n${snapshotYaml()}`);
    const [node] = await engine.ready(1);
    await engine.hold(node!.id, 3600);
    await engine.gone(node!.id);
    await engine.ready(1);
  });

  it('is let go into ready, and counts again', async () => {
    engine = await Engine.withImage(snapshotYaml());
    const [node] = await engine.ready(1);
    await engine.hold(node!.id);
    const [other] = await engine.ready(1);
    expect(await engine.write('PUT', `/v1/nodes/${node!.id}`, { state: 'ready' })).toBe(200);
    expect((await engine.ready(2)).map(({ id }) => id)).toEqual([node!.id, other!.id]);
  });

  it('is refused for a node that is being deleted (acceptance case 16)', async () => {
    engine = await Engine.withImage(snapshotYaml({ extra: '    fake: { delete-delay: 3 }' }));
    const [node] = await engine.ready(1);
    expect(await engine.deleteNode(node!.id)).toBe(204);
    expect(await engine.hold(node!.id)).toBe(409);
    expect(await engine.nodes(`id = ${node!.id}`)).toMatchObject([{ state: 4 }]);
    await engine.gone(node!.id);
  });
});
