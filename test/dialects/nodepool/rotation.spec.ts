import { join } from 'node:path';
import { Reaper } from '../../../src/nodepool/loops/reaper.service.js';
import { dibYaml, Engine, snapshotYaml } from './engine.js';

const OLD = `now() - interval '9 hours'`;

describe('rotation (acceptance case 24)', () => {
  let engine: Engine;
  afterEach(() => engine.close());

  it('keeps the two newest images however old they are, and a third while it is young', async () => {
    engine = await Engine.withImage(snapshotYaml({ minReady: 0 }), [{ version: 10 }, { version: 20 }, { version: 30 }]);
    const [oldest, middle, newest] = (await engine.images()).map(({ id }) => id);
    await engine.passes.cleanUp();
    expect((await engine.images('state = 2')).map(({ id }) => id)).toEqual([oldest, middle, newest]);
    await engine.sql.query(`update provider_images set state_time = ${OLD}`);
    await engine.passes.cleanUp();
    await engine.until('the oldest to go', async () =>
      (await engine.images(`id = ${oldest}`)).length === 0 ? true : undefined,
    );
    expect((await engine.images()).map(({ id }) => id)).toEqual([middle, newest]);
    expect(await engine.sql.query('select id from fake_images')).toHaveLength(2);
  });

  it('ends at once what left the config', async () => {
    engine = await Engine.withImage(snapshotYaml({ minReady: 0 }), [{ image: 'no-longer-there' }, {}]);
    const [other, kept] = (await engine.images()).map(({ id }) => id);
    await engine.passes.cleanUp();
    await engine.until('it to go', async () =>
      (await engine.images(`id = ${other}`)).length === 0 ? true : undefined,
    );
    expect((await engine.images()).map(({ id }) => id)).toEqual([kept]);
  });

  it('takes old builds, and never one that is being uploaded', async () => {
    // Without a worker: the rows show what was decided, and nobody acts on it.
    engine = await Engine.start((folder) => dibYaml(folder, { minReady: -1 }), { config: { role: 'api' } });
    for (const version of [1, 2, 3, 4]) {
      await engine.sql.query(
        `insert into dib_images (image_name, filename, version, state, state_time, formats)
         values ('fake-dib-image', $1, $2, 2, ${OLD}, '["qcow2"]')`,
        [join(engine.folder, `fake-dib-image-${version}`), version],
      );
    }
    await engine.sql.query(
      `insert into provider_images (provider_name, image_name, state, dib_image_id)
       values ('fake-provider', 'fake-dib-image', 1, 1)`,
    );
    await engine.app.app.get(Reaper, { strict: false }).cleanUp();
    expect((await engine.dibs()).map(({ state }) => state)).toEqual([2, 4, 2, 2]);
  });
});

describe('age limits', () => {
  it('end nodes that are neither ready nor held after eight hours, and testing ones after five minutes', async () => {
    const engine = await Engine.withImage(snapshotYaml({ minReady: 4 }));
    try {
      const [used, testing, held, ready] = await engine.ready(4);
      await engine.sql.query(`update pool_nodes set state = 3, state_time = ${OLD} where id = $1`, [used!.id]);
      await engine.sql.query(
        `update pool_nodes set state = 6, state_time = now() - interval '6 minutes' where id = $1`,
        [testing!.id],
      );
      await engine.sql.query(`update pool_nodes set state = 5, state_time = ${OLD} where id = $1`, [held!.id]);
      await engine.sql.query(`update pool_nodes set state_time = ${OLD} where id = $1`, [ready!.id]);
      await engine.passes.cleanUp();
      await engine.gone(used!.id);
      await engine.gone(testing!.id);
      expect(await engine.nodes(`id in (${held!.id}, ${ready!.id})`)).toMatchObject([{ state: 5 }, { state: 2 }]);
    } finally {
      await engine.close();
    }
  });

  it('cron.check deletes ready nodes whose server is gone or whose label is', async () => {
    const engine = await Engine.withImage(snapshotYaml({ minReady: 2 }));
    try {
      const [lost, labelless] = await engine.ready(2);
      await engine.sql.query('delete from fake_servers where id = $1', [lost!.external_id]);
      await engine.sql.query(`update pool_nodes set label_name = 'no-label' where id = $1`, [labelless!.id]);
      await engine.passes.checkNodes();
      await engine.gone(lost!.id);
      await engine.gone(labelless!.id);
      await engine.ready(2);
    } finally {
      await engine.close();
    }
  });
});
