import { Engine, snapshotYaml } from './engine.js';

describe('images of a provider', () => {
  let engine: Engine;
  afterEach(() => engine.close());

  it('are updated by name or number, and the next launch uses the new one (acceptance case 17)', async () => {
    engine = await Engine.start(snapshotYaml());
    const [node] = await engine.ready(1);
    const provider = { provider_name: 'fake-provider' };
    expect(await engine.write('POST', '/v1/images/fake-image/update', provider)).toBe(201);
    const [, second] = await engine.until('a second image', async () => {
      const images = await engine.images();
      return images.length === 2 && images[1]!.state === 2 ? images : undefined;
    });
    const [first] = await engine.images();
    expect(Number(second!.version)).toBeGreaterThan(Number(first!.version));
    expect(await engine.write('POST', '/v1/images/1/update', provider)).toBe(201);
    await engine.until('a third image', async () => {
      const images = await engine.images('state = 2');
      return images.length === 3 ? images : undefined;
    });
    await engine.deleteNode(node!.id);
    await engine.gone(node!.id);
    const [next] = await engine.ready(1);
    expect(next!.image_id).toBe(3);
    expect((await engine.servers()).map(({ id }) => id)).toEqual([next!.external_id]);

    expect(await engine.write('POST', '/v1/images/fake-image/update')).toBe(400);
    expect(await engine.write('POST', '/v1/images/fake-image/update', { provider_name: 'nobody' })).toBe(404);
    expect(await engine.write('POST', '/v1/images/nothing/update', provider)).toBe(404);
    expect(await engine.images()).toHaveLength(3);
  });

  it('fall back to the one before when the current one is deleted (acceptance case 23)', async () => {
    engine = await Engine.withImage(snapshotYaml(), [{ version: 1 }, { version: 2 }]);
    const [previous, current] = (await engine.images()).map(({ id }) => id);
    const [node] = await engine.ready(1);
    const [image] = await engine.images(`id = ${current}`);
    expect(await engine.write('DELETE', `/v1/images/${current}`)).toBe(204);
    await engine.until('the end of the image', async () =>
      (await engine.images(`id = ${current}`)).length === 0 ? true : undefined,
    );
    expect(await engine.sql.query('select id from fake_images where id = $1', [image!.external_id])).toEqual([]);
    await engine.deleteNode(node!.id);
    await engine.gone(node!.id);
    const [next] = await engine.ready(1);
    expect(next!.image_id).toBe(previous);
    expect(await engine.write('DELETE', '/v1/images/999')).toBe(404);
  });

  it('are deleted while they are being made, with the template server', async () => {
    engine = await Engine.start(snapshotYaml({ minReady: 0, extra: '    fake: { pause-creates: true }' }));
    const [image] = await engine.until('a template server', async () => {
      const images = await engine.images('server_external_id is not null');
      return images.length > 0 ? images : undefined;
    });
    expect(await engine.write('DELETE', `/v1/images/${image!.id}`)).toBe(204);
    await engine.until('the end of the image', async () =>
      (await engine.images(`id = ${image!.id}`)).length === 0 ? true : undefined,
    );
    const owners = (await engine.servers()).map(({ tags }) => tags['nodepool_id']);
    expect(owners).not.toContain(String(image!.id));
  });

  it('that cannot be made leave nothing behind, and are tried less and less often', async () => {
    engine = await Engine.start(snapshotYaml({ minReady: 0, extra: '    fake: { fail-upload: 2 }' }));
    await engine.until('the image at last', async () => {
      const images = await engine.images();
      return images.length === 1 && images[0]!.state === 2 ? true : undefined;
    });
    await engine.until('no server', async () => ((await engine.servers()).length === 0 ? true : undefined));
    expect(await engine.sql.query('select id from fake_images')).toHaveLength(1);
  });

  it('with neither setup nor diskimage are not updated: 409', async () => {
    engine = await Engine.start(snapshotYaml({ minReady: 0 }).replace(', setup: prepare_node_devstack.sh', ''));
    const answer = await engine.write('POST', '/v1/images/fake-image/update', { provider_name: 'fake-provider' });
    expect(answer).toBe(409);
    expect(await engine.images()).toEqual([]);
  });
});
