import { Engine, snapshotYaml } from './engine.js';

describe('deleting nodes', () => {
  let engine: Engine;
  afterEach(() => engine.close());

  it('deletes the server, then the row, and launches another node (acceptance case 4)', async () => {
    engine = await Engine.withImage(snapshotYaml());
    const [node] = await engine.ready(1);
    await engine.deleteNode(node!.id);
    expect((await engine.nodes(`id = ${node!.id}`))[0]!.state).toBe(4);
    await engine.gone(node!.id);
    const [other] = await engine.ready(1);
    expect(other!.id).toBeGreaterThan(node!.id);
    expect((await engine.servers()).map(({ id }) => id)).toEqual([other!.external_id]);
  });

  it('keeps the row and tries again while the provider fails, and heals with it (acceptance case 5)', async () => {
    engine = await Engine.withImage(snapshotYaml({ extra: '    fake: { fail-delete: 3 }' }));
    const [node] = await engine.ready(1);
    await engine.deleteNode(node!.id);
    const [failing] = await engine.until('a failed try', async () => {
      const nodes = await engine.nodes(`id = ${node!.id} and tries >= 2`);
      return nodes.length > 0 ? nodes : undefined;
    });
    expect(failing).toMatchObject({ state: 4, external_id: node!.external_id });
    expect(failing!.last_error).toContain('the delete failed');
    const [other] = await engine.ready(1);
    expect(other!.id).toBeGreaterThan(node!.id);
    await engine.gone(node!.id);
    expect((await engine.servers()).map(({ id }) => id)).toEqual([other!.external_id]);
  });

  it('takes a server that the provider no longer knows for deleted', async () => {
    engine = await Engine.withImage(snapshotYaml());
    const [node] = await engine.ready(1);
    await engine.sql.query('delete from fake_servers');
    await engine.deleteNode(node!.id);
    await engine.gone(node!.id);
  });

  it('asks the provider once, however often it is wished (acceptance case 13)', async () => {
    engine = await Engine.withImage(snapshotYaml({ minReady: 20, extra: '    fake: { delete-delay: 1 }' }));
    const nodes = await engine.ready(20);
    await Promise.all(nodes.flatMap(({ id }) => [engine.deleteNode(id), engine.deleteNode(id)]));
    await Promise.all(Array.from({ length: 10 }, () => engine.deleteNode(nodes[0]!.id)));
    for (const { id } of nodes) await engine.gone(id);
    const asked = (await engine.calls('delete-server')).map(({ subject }) => subject);
    expect(asked.sort()).toEqual(nodes.map(({ external_id }) => external_id).sort());
    await engine.ready(20);
    expect(await engine.servers()).toHaveLength(20);
  });

  it('cannot be undone by a hold, and a hold that came first is deleted with the node', async () => {
    engine = await Engine.withImage(snapshotYaml({ minReady: 10, extra: '    fake: { delete-delay: 1 }' }));
    const nodes = await engine.ready(10);
    await Promise.all(nodes.flatMap(({ id }) => [engine.deleteNode(id), engine.hold(id).catch(() => undefined)]));
    for (const { id } of nodes) await engine.gone(id);
    expect(await engine.nodes('state = 5')).toEqual([]);
    await engine.ready(10);
  });

  it('stays with the row while the config does not name the provider, and says so', async () => {
    engine = await Engine.withImage(snapshotYaml());
    const [node] = await engine.ready(1);
    await engine.rewrite(
      snapshotYaml()
        .replace('name: fake-provider\n    driver', 'name: other\n    driver')
        .replace('{ name: fake-provider }', '{ name: other }'),
    );
    await engine.deleteNode(node!.id);
    const [waiting] = await engine.until('a problem', async () => {
      const nodes = await engine.nodes(`id = ${node!.id} and last_error is not null`);
      return nodes.length > 0 ? nodes : undefined;
    });
    expect(waiting).toMatchObject({ state: 4, last_error: 'The config names no provider fake-provider' });
  });
});
