import { rmSync } from 'node:fs';
import { cloneDatabase } from '../../support/database.js';
import { dibYaml, Engine, snapshotYaml, readyImage } from './engine.js';

interface Entry {
  readonly user_id: number | null;
  readonly object_id: string;
  readonly object_repr: string;
  readonly after: { readonly reason?: string } | null;
  /** Of the transaction that wrote it. */
  readonly writer: string;
}

/** What Slipway did by itself to things of this type. */
function entries(engine: Engine, objectType: string, action = 'delete'): Promise<Entry[]> {
  return engine.sql.query(
    `select user_id, object_id, object_repr, after, xmin::text as writer from audit_events
     where object_type = $1 and action = $2 and user_name = 'system' and source = 'system' order by id`,
    [objectType, action],
  );
}

/** Which transaction made a row `delete`. */
async function logDeletions(
  engine: Pick<Engine, 'sql'>,
  table: 'pool_nodes' | 'provider_images' | 'dib_images',
): Promise<void> {
  await engine.sql.query(`
    create table deletions (id integer, writer text);
    create function log_deletion() returns trigger language plpgsql as $$
    begin insert into deletions values (new.id, pg_current_xact_id()::xid::text); return null; end $$;
    create trigger log_deletion after update on ${table} for each row
      when (old.state <> 4 and new.state = 4) execute function log_deletion();
  `);
}

/** The transaction of each entry is the one that changed the row. */
async function expectSameTransactions(engine: Engine, written: readonly Entry[]): Promise<void> {
  for (const { object_id, writer } of written) {
    const rows = await engine.sql.query<{ writer: string }[]>('select writer from deletions where id = $1', [
      Number(object_id),
    ]);
    expect(rows).toEqual([{ writer }]);
  }
}

const someEntries = (engine: Engine, objectType: string): Promise<Entry[]> =>
  engine.until(`an entry about a ${objectType}`, async () => {
    const found = await entries(engine, objectType);
    return found.length > 0 ? found : undefined;
  });

describe('what the pool does by itself is in the audit trail', () => {
  let engine: Engine;
  afterEach(() => engine.close());

  it('launches, and nodes that the check gives up', async () => {
    engine = await Engine.withImage(snapshotYaml());
    await logDeletions(engine, 'pool_nodes');
    const [node] = await engine.ready(1);
    expect(await entries(engine, 'pool-node', 'launch')).toMatchObject([
      { user_id: null, object_id: String(node!.id) },
    ]);
    // Somebody deletes its server behind our back.
    await engine.sql.query('delete from fake_servers where id = $1', [node!.external_id]);
    await engine.passes.checkNodes();
    const written = await entries(engine, 'pool-node');
    expect(written).toMatchObject([
      { user_id: null, object_id: String(node!.id), after: { state: 'delete', reason: 'it does not answer' } },
    ]);
    await expectSameTransactions(engine, written);
  });

  it('launches that failed', async () => {
    const yaml = snapshotYaml({ extra: '    fake: { fail-boot: 1 }' });
    engine = await Engine.withImage(yaml, [{}], (sql) => logDeletions({ sql }, 'pool_nodes'));
    await engine.ready(1);
    const written = await entries(engine, 'pool-node');
    expect(written).toMatchObject([{ after: { reason: 'No valid host was found' } }]);
    await expectSameTransactions(engine, written);
  });

  it('uploads that failed, the last of their tries too', async () => {
    engine = await Engine.start((folder) => dibYaml(folder, { extra: '    fake: { fail-upload: 3 }' }));
    await logDeletions(engine, 'provider_images');
    const written = await someEntries(engine, 'provider-image');
    expect(written[0]!.object_repr).toContain('500: the upload failed, as it was told to');
    await expectSameTransactions(engine, written);
  });

  it('builds that failed', async () => {
    engine = await Engine.start((folder) => dibYaml(folder, { env: '{ STANDIN_EXIT: 7 }' }));
    await logDeletions(engine, 'dib_images');
    const written = await someEntries(engine, 'dib-image');
    expect(written[0]!.after?.reason).toMatch(/7/);
    await expectSameTransactions(engine, written);
  });

  it('builds, uploads, and builds whose files somebody removed', async () => {
    engine = await Engine.start((folder) => dibYaml(folder));
    await logDeletions(engine, 'dib_images');
    await engine.ready(1);
    const [dib] = await engine.dibs();
    expect(await entries(engine, 'dib-image', 'build')).toMatchObject([{ object_id: String(dib!.id) }]);
    const [image] = await engine.images();
    expect(await entries(engine, 'provider-image', 'upload')).toMatchObject([{ object_id: String(image!.id) }]);
    rmSync(`${dib!.filename}.qcow2`);
    await engine.passes.cleanUp();
    const written = await entries(engine, 'dib-image');
    expect(written).toMatchObject([{ object_id: String(dib!.id), after: { reason: 'its files are gone' } }]);
    await expectSameTransactions(engine, written);
  });

  it('snapshots, each once however often the loops pass', async () => {
    engine = await Engine.start(snapshotYaml({ minReady: 0 }));
    for (let pass = 0; pass < 3; pass += 1) await engine.passes.main();
    await engine.until('the image', async () => (await engine.images('state = 2'))[0]);
    await engine.passes.main();
    expect(await entries(engine, 'provider-image', 'snapshot')).toMatchObject([
      { object_repr: 'fake-provider/fake-image 1' },
    ]);
  });

  it('servers and images that nobody stands for', async () => {
    engine = await Engine.start(snapshotYaml({ minReady: -1 }));
    const tags = { nodepool_provider: 'fake-provider', nodepool_kind: 'node', nodepool_id: '4711' };
    await engine.sql.query(
      `insert into fake_servers (id, provider_name, name, tags) values ('lost', 'fake-provider', 'node-4711', $1),
         ('theirs', 'fake-provider', 'other', '{}')`,
      [tags],
    );
    await engine.sql.query(
      `insert into fake_images (id, provider_name, name, tags) values ('lost-image', 'fake-provider', 'x', $1)`,
      [{ ...tags, nodepool_kind: 'image' }],
    );
    await engine.passes.cleanUp();
    await engine.passes.cleanUp();
    expect(await entries(engine, 'leaked-server')).toMatchObject([
      { object_id: 'lost', object_repr: 'server node-4711 at fake-provider: it has our tags and no row' },
    ]);
    expect(await entries(engine, 'leaked-image')).toMatchObject([{ object_id: 'lost-image' }]);
  });

  it('servers that nobody stands for before they are deleted, and once though their cloud refuses', async () => {
    engine = await Engine.start(snapshotYaml({ minReady: -1 }));
    await engine.sql.query(
      `insert into fake_servers (id, provider_name, name, tags) values ('lost', 'fake-provider', 'node-4711', $1)`,
      [{ nodepool_provider: 'fake-provider', nodepool_kind: 'node', nodepool_id: '4711' }],
    );
    // The cloud deletes nothing unless the trail already says so, and not even then at first.
    await engine.sql.query(`
      create table refusals (left_over integer);
      insert into refusals values (1);
      create function refuse_deletion() returns trigger language plpgsql as $$
      begin
        if not exists (select 1 from audit_events where object_type = 'leaked-server' and object_id = old.id) then
          raise exception 'deleted before it was recorded';
        end if;
        return case when exists (select 1 from refusals where left_over > 0) then null else old end;
      end $$;
      create trigger refuse_deletion before delete on fake_servers for each row execute function refuse_deletion();
    `);
    const lost = () => engine.sql.query(`select 1 from fake_servers where id = 'lost'`);
    await engine.passes.cleanUp();
    expect(await lost()).toHaveLength(1);
    expect(await entries(engine, 'leaked-server')).toMatchObject([{ object_id: 'lost' }]);
    await engine.sql.query('delete from refusals');
    await engine.passes.cleanUp();
    expect(await lost()).toHaveLength(0);
    expect(await entries(engine, 'leaked-server')).toHaveLength(1);
  });
});

describe('what a new start does to what the last process left', () => {
  it('is in the audit trail: nodes that were being launched go', async () => {
    const database = await cloneDatabase();
    const yaml = snapshotYaml({ extra: '    fake: { pause-creates: true }' });
    await readyImage(database.dataSource);
    const first = await Engine.start(yaml, { database });
    await logDeletions(first, 'pool_nodes');
    const building = await first.until(
      'a server that does not come up',
      async () => (await first.nodes('state = 1 and external_id is not null'))[0],
    );
    await first.close();
    // As if it had died just now: nobody has its heart beat any more.
    await database.dataSource.query('delete from workers');
    const engine = await Engine.start(yaml, { database });
    try {
      const written = await entries(engine, 'pool-node');
      expect(written).toMatchObject([
        { object_id: String(building.id), after: { reason: 'it was being launched when the last process ended' } },
      ]);
      await expectSameTransactions(engine, written);
    } finally {
      await engine.close();
      await database.drop();
    }
  });
});
