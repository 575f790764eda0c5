import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { dibYaml, snapshotYaml } from './engine.js';
import { KillablePool } from './killable-pool.js';
import { until } from './pool.js';

/** Processes are started and killed, which takes its time on a busy machine. */
const LONG_MS = 150_000;

describe('kill -9 and a new start (acceptance case 25)', () => {
  let pool: KillablePool;
  beforeEach(async () => {
    pool = await KillablePool.create();
  });
  afterEach(() => pool.end());

  it(
    'while launching: the building nodes go with their servers, held and ready ones stay',
    async () => {
      await pool.readyImage();
      await pool.start(snapshotYaml({ minReady: 2 }));
      const [held] = await pool.ready(2);
      expect(await pool.write('PUT', `/v1/nodes/${held!.id}`, { state: 'hold' })).toBe(200);
      const ready = await pool.ready(2);
      await pool.kill();
      await pool.start(snapshotYaml({ minReady: 4, extra: '    fake: { pause-creates: true }' }));
      const building = await until('two servers that do not boot', async () => {
        const nodes = await pool.nodes('state = 1 and external_id is not null');
        return nodes.length === 2 ? nodes : null;
      });
      await pool.kill();

      await pool.start(snapshotYaml({ minReady: 4 }));
      const after = await pool.ready(4);
      const lost = building.map(({ id }) => id);
      expect(after.filter(({ id }) => lost.includes(id))).toEqual([]);
      expect(after.map(({ id }) => id)).toEqual(expect.arrayContaining(ready.map(({ id }) => id)));
      expect(await pool.nodes('state = 5')).toMatchObject([{ id: held!.id, external_id: held!.external_id }]);
      await until('the lost nodes are gone', async () => (await pool.nodes('state in (1, 4)')).length === 0);
      const servers = await pool.sql.query<{ id: string }[]>(
        'select id from fake_servers where gone_at is null or gone_at > now()',
      );
      expect(servers.map(({ id }) => id).sort()).toEqual(
        [...after, held!].map(({ external_id }) => external_id).sort(),
      );
    },
    LONG_MS,
  );

  it(
    'while deleting: the deletion is gone on with',
    async () => {
      await pool.readyImage();
      await pool.start(snapshotYaml({ minReady: 3, extra: '    fake: { delete-delay: 3 }' }));
      const nodes = await pool.ready(3);
      await Promise.all(nodes.map(({ id }) => pool.write('DELETE', `/v1/nodes/${id}`)));
      await until('the provider is asked', async () => {
        const calls = await pool.sql.query<unknown[]>(`select 1 from fake_calls where call = 'delete-server'`);
        return calls.length > 0;
      });
      await pool.kill();
      await pool.start(snapshotYaml({ minReady: 3 }));
      await until('the deleted nodes are gone', async () => {
        return (await pool.nodes(`id in (${nodes.map(({ id }) => id).join()})`)).length === 0;
      });
      const after = await pool.ready(3);
      const servers = await pool.sql.query<{ id: string }[]>(
        'select id from fake_servers where gone_at is null or gone_at > now()',
      );
      expect(servers.map(({ id }) => id).sort()).toEqual(after.map(({ external_id }) => external_id).sort());
    },
    LONG_MS,
  );

  it(
    'while building and uploading: the work ends well or leaves nothing, and no process is left',
    async () => {
      const journal = join(pool.folder, 'journal');
      const env = `{ STANDIN_JOURNAL: ${journal}, STANDIN_WAIT: ${pool.folder}/go }`;
      const slow = dibYaml(pool.folder, { env, extra: '    fake: { upload-delay: 3600 }' });
      await pool.start(slow);
      await until('the build runs', () =>
        Promise.resolve(existsSync(journal) && readFileSync(journal, 'utf8').includes('waiting')),
      );
      await pool.kill();
      writeFileSync(join(pool.folder, 'go'), '');
      await pool.start(slow);
      await until('the upload has begun', async () => {
        const calls = await pool.sql.query<unknown[]>(`select 1 from fake_calls where call = 'upload-image'`);
        return calls.length > 0;
      });
      await pool.kill();

      await pool.start(dibYaml(pool.folder, { env }));
      const [node] = await pool.ready(1);
      expect(node!.external_id).not.toBeNull();
      const [rows] = await pool.sql.query<{ building: number; images: number; stored: number }[]>(
        `select (select count(*) from provider_images where state <> 2)::integer + (select count(*) from dib_images where state <> 2)::integer as building,
           (select count(*) from provider_images)::integer as images, (select count(*) from fake_images)::integer as stored`,
      );
      expect(rows).toEqual({ building: 0, images: 1, stored: 1 });
      const dibs = await pool.sql.query<{ filename: string }[]>('select filename from dib_images');
      expect(readdirSync(join(pool.folder, 'images'))).toEqual(
        dibs.map(({ filename }) => `${filename.split('/').at(-1)}.qcow2`),
      );
      expect(survivors(journal)).toEqual([]);
    },
    LONG_MS,
  );
});

/** Processes that builds have written down as theirs and that still run. */
function survivors(journal: string): string[] {
  const pids = readFileSync(journal, 'utf8')
    .split('\n')
    .filter((line) => line !== '')
    .flatMap((line) => line.split(' ').slice(1, line.startsWith('waiting') ? 4 : 2));
  return pids.filter((pid) => {
    const stat = `/proc/${pid}/stat`;
    return existsSync(stat) && !readFileSync(stat, 'utf8').includes(') Z ');
  });
}
