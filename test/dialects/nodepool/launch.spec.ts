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
});
