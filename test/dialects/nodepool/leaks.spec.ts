import { Engine, snapshotYaml } from './engine.js';
import { API_PASSWORD, API_USER, basic } from './pool.js';

async function addServer(engine: Engine, id: string, tags: Record<string, string>): Promise<void> {
  await engine.sql.query(
    `insert into fake_servers (id, provider_name, name, tags) values ($1, 'fake-provider', $1, $2)`,
    [id, tags],
  );
}

describe('the leak sweep (acceptance case 26)', () => {
  let engine: Engine;
  beforeEach(async () => {
    engine = await Engine.withImage(snapshotYaml());
    await engine.ready(1);
  });
  afterEach(() => engine.close());

  it('deletes what has our tags and no row, and touches nothing else', async () => {
    const [own] = await engine.servers();
    const tags = { nodepool_provider: 'fake-provider', nodepool_kind: 'node' };
    await addServer(engine, 'leaked', { ...tags, nodepool_id: '4711' });
    await addServer(engine, 'leaked-template', { ...tags, nodepool_kind: 'template', nodepool_id: '4711' });
    await addServer(engine, 'somebody-elses', {});
    await addServer(engine, 'of-another-pool', { ...tags, nodepool_provider: 'other', nodepool_id: '4711' });
    await addServer(engine, 'half-tagged', tags);
    await engine.sql.query(
      `insert into fake_images (id, provider_name, name, tags) values
         ('leaked-image', 'fake-provider', 'x', $1), ('their-image', 'fake-provider', 'y', '{}')`,
      [{ ...tags, nodepool_kind: 'image', nodepool_id: '4711' }],
    );
    const headers = { authorization: basic(API_USER, API_PASSWORD) };
    const aliens = await engine.app.inject({ method: 'GET', url: '/v1/aliens/servers', headers });
    expect(aliens.statusCode).toBe(200);
    expect(aliens.body).toContain('somebody-elses');

    await engine.passes.cleanUp();

    expect((await engine.servers()).map(({ id }) => id).sort()).toEqual(
      [own!.id, 'somebody-elses', 'of-another-pool', 'half-tagged'].sort(),
    );
    const images = await engine.sql.query<{ id: string }[]>('select id from fake_images');
    expect(images.map(({ id }) => id)).not.toContain('leaked-image');
    expect(images.map(({ id }) => id)).toContain('their-image');
    expect((await engine.nodes('state = 2')).map(({ external_id }) => external_id)).toEqual([own!.id]);
  });

  it('leaves a server alone whose launch has not recorded it yet', async () => {
    const [row] = await engine.sql.query<{ id: number }[]>(
      `insert into pool_nodes (provider_name, label_name, target_name, state) values ('fake-provider', 'fake-label', '', 5)
       returning id`,
    );
    const tags = { nodepool_provider: 'fake-provider', nodepool_kind: 'node', nodepool_id: String(row!.id) };
    await addServer(engine, 'young', tags);
    await engine.passes.cleanUp();
    expect((await engine.servers()).map(({ id }) => id)).toContain('young');
    // Its deletion finds it by its tags.
    expect(await engine.deleteNode(row!.id)).toBe(204);
    await engine.gone(row!.id);
    expect((await engine.servers()).map(({ id }) => id)).not.toContain('young');
  });
});
