import { Engine, snapshotYaml } from './engine.js';

describe('a pool with min-ready 1', () => {
  let engine: Engine;
  beforeAll(async () => {
    engine = await Engine.start(snapshotYaml());
  });
  afterAll(() => engine.close());

  it('snapshots the image and launches a node from it (acceptance cases 1 and 2)', async () => {
    const [node] = await engine.ready(1);
    expect(node).toMatchObject({ id: 1, state: 2, nodename: 'fake-label-fake-provider-1', ip: 'fake' });
    const [image] = await engine.images();
    expect(image).toMatchObject({ id: 1, image_name: 'fake-image', state: 2 });
    expect(node!.image_id).toBe(image!.id);
    // The template server is gone, and nothing but the node's server is there.
    const servers = await engine.servers();
    expect(servers.map(({ id }) => id)).toEqual([node!.external_id]);
    expect(servers[0]!.tags).toEqual({ nodepool_provider: 'fake-provider', nodepool_kind: 'node', nodepool_id: '1' });
  });

  it('replaces a held node and leaves the held one alone (acceptance case 6)', async () => {
    const [first] = await engine.ready(1);
    await engine.hold(first!.id);
    const [second] = await engine.ready(1);
    expect(second!.id).not.toBe(first!.id);
    await engine.passes.cleanUp();
    await engine.passes.main();
    expect(await engine.nodes('state = 5')).toMatchObject([{ id: first!.id, external_id: first!.external_id }]);
    expect(await engine.servers()).toHaveLength(2);
  });
});

describe('a server that takes its time', () => {
  let engine: Engine;
  beforeEach(async () => {
    // Servers stay `building` for ever, so an image has to be there already.
    engine = await Engine.withImage(snapshotYaml({ extra: '    fake: { pause-creates: true }' }));
    await engine.until('a server', async () => ((await engine.servers()).length > 0 ? true : undefined));
  });
  afterEach(() => engine.close());

  it('is deleted when its node is, and is never ready (acceptance case 14)', async () => {
    const [node] = await engine.until('a node with a server', async () => {
      const nodes = await engine.nodes('external_id is not null');
      return nodes.length > 0 ? nodes : undefined;
    });
    await engine.deleteNode(node!.id);
    expect((await engine.nodes(`id = ${node!.id}`))[0]!.state).toBe(4);
    await engine.gone(node!.id);
    expect((await engine.servers()).map(({ tags }) => tags['nodepool_id'])).not.toContain(String(node!.id));
    expect((await engine.calls('delete-server')).filter(({ subject }) => subject === node!.external_id)).toHaveLength(
      1,
    );
    expect(await engine.statesSeen(node!.id)).toEqual(['cancelled launch', 'succeeded delete']);
  });

  it('stays held when its node was held meanwhile, and gets its address (acceptance case 15)', async () => {
    const [node] = await engine.until('a building node', async () => {
      const nodes = await engine.nodes('state = 1 and external_id is not null');
      return nodes.length > 0 ? nodes : undefined;
    });
    await engine.hold(node!.id);
    await engine.rewrite(snapshotYaml());
    const held = await engine.until('a launched node', async () => {
      const [found] = await engine.nodes(`id = ${node!.id} and launched_at is not null`);
      return found;
    });
    expect(held).toMatchObject({ state: 5, ip: 'fake', external_id: node!.external_id });
  });
});

describe('a provider that fails', () => {
  let engine: Engine;
  afterEach(() => engine.close());

  it('gets failed launches replaced, and no server is left of them', async () => {
    engine = await Engine.withImage(snapshotYaml({ minReady: 2, extra: '    fake: { fail-boot: 3 }' }));
    const nodes = await engine.ready(2);
    await engine.until('nothing but the ready nodes', async () => {
      return (await engine.nodes()).length === 2 ? true : undefined;
    });
    expect(nodes.every(({ id }) => id > 2)).toBe(true);
    const failed = await engine.sql.query<{ reason: string }[]>(
      `select reason from jobs where kind = 'nodepool.node' and status = 'failed' order by id`,
    );
    expect(failed.length).toBeGreaterThanOrEqual(1);
    expect(failed[0]!.reason).toContain('No valid host was found');
    expect((await engine.servers()).map(({ id }) => id).sort()).toEqual(nodes.map((node) => node.external_id).sort());
  });

  it('that is over its quota says so on the node, and is asked less and less often', async () => {
    engine = await Engine.withImage(snapshotYaml({ extra: '    fake: { over-quota: true }' }));
    const backoff = await engine.until('a second failure', async () => {
      const [row] = await engine.sql.query<{ failures: number; last_error: string; waits: boolean }[]>(
        `select failures, last_error, retry_at > failed_at + interval '3 seconds' as waits from pool_backoffs
         where name = 'launch:fake-provider/fake-label' and failures >= 2`,
      );
      return row;
    });
    expect(backoff.last_error).toContain('Quota exceeded');
    expect(backoff.waits).toBe(true);
  });

  it('does not stop another one', async () => {
    engine = await Engine.start(
      snapshotYaml({ minReady: 2 })
        .replace('[{ name: fake-provider }]', '[{ name: fake-provider }, { name: broken }]')
        .replace(
          'targets:',
          `  - name: broken
    driver: fake
    max-servers: 100
    rate: 0.001
    images:
      - { name: fake-image, base-image: 'Fake Precise', min-ram: 8192, setup: prepare_node_devstack.sh }
    fake: { fail-create: 1000000 }
targets:`,
        ),
    );
    const nodes = await engine.ready(2);
    expect(new Set(nodes.map(({ provider_name }) => provider_name))).toEqual(new Set(['fake-provider']));
    const response = await engine.app.inject({ method: 'GET', url: '/health/ready' });
    expect(response.statusCode).toBe(200);
    const { details } = response.json<{ details: Record<string, { providers: unknown[] }> }>();
    expect(details['nodepool providers']!.providers).toContainEqual({ name: 'fake-provider', status: 'up' });
    expect(details['nodepool providers']!.providers).toContainEqual(
      expect.objectContaining({ name: 'broken', status: 'failing' }),
    );
    const metrics = await engine.app.inject({ method: 'GET', url: '/metrics' });
    expect(metrics.body).toContain('slipway_nodepool_provider_up{provider="broken"} 1');
    expect(metrics.body).toMatch(/slipway_nodepool_failures{what="image:broken\/fake-image"} \d/);
    expect(metrics.body).toContain(
      'slipway_nodepool_nodes{provider="fake-provider",label="fake-label",state="ready"} 2',
    );
  });
});
