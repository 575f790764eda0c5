import { createHash } from 'node:crypto';
import { existsSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { dibYaml, Engine } from './engine.js';

const NAME = 'fake-dib-image';
const BUILD = `/v1/dib_images/${NAME}/build`;
const UPLOAD = `/v1/dib_images/${NAME}/upload`;
const PROVIDER = { provider_name: 'fake-provider' };

/** Processes that the stand-in has written down as its own and that still run. */
function alive(journal: string): number[] {
  if (!existsSync(journal)) return [];
  const pids = readFileSync(journal, 'utf8')
    .split('\n')
    .filter((line) => line !== '')
    .flatMap((line) => line.split(' ').slice(1, line.startsWith('waiting') ? 4 : 2))
    .map(Number);
  return pids.filter((pid) => {
    try {
      process.kill(pid, 0);
      return !readFileSync(`/proc/${pid}/stat`, 'utf8').includes(') Z ');
    } catch {
      return false;
    }
  });
}

function runs(journal: string): number {
  return readFileSync(journal, 'utf8')
    .split('\n')
    .filter((line) => line.startsWith('run ')).length;
}

function files(engine: Engine): string[] {
  const folder = join(engine.folder, 'images');
  return existsSync(folder) ? readdirSync(folder) : [];
}

describe('disk images', () => {
  let engine: Engine;
  afterEach(() => engine.close());

  it('are built, uploaded and launched from (acceptance cases 3 and 21)', async () => {
    engine = await Engine.start((folder) => dibYaml(folder));
    const [node] = await engine.ready(1);
    const [dib] = await engine.dibs();
    expect(dib).toMatchObject({ id: 1, image_name: NAME, state: 2 });
    const content = readFileSync(`${dib!.filename}.qcow2`);
    const [image] = await engine.images();
    expect(image).toMatchObject({ state: 2, dib_image_id: 1 });
    const [stored] = await engine.sql.query<{ sha256: string }[]>('select sha256 from fake_images where id = $1', [
      image!.external_id,
    ]);
    expect(stored!.sha256).toBe(createHash('sha256').update(content).digest('hex'));
    expect(node!.image_id).toBe(image!.id);
    expect(files(engine)).toEqual([`${dib!.filename.split('/').at(-1)}.qcow2`]);
  });

  it('are built once when four ask at the same time (acceptance case 18)', async () => {
    engine = await Engine.start((folder) =>
      dibYaml(folder, { minReady: -1, env: `{ STANDIN_JOURNAL: ${folder}/journal }` }),
    );
    const answers = await Promise.all([1, 2, 3, 4].map(() => engine.write('POST', BUILD)));
    expect(answers).toEqual([201, 201, 201, 201]);
    // The answer came when the build had ended.
    expect(await engine.dibs()).toMatchObject([{ state: 2 }]);
    expect(runs(join(engine.folder, 'journal'))).toBe(1);
    expect(await engine.write('POST', BUILD)).toBe(201);
    const [first, second] = await engine.dibs();
    expect(second).toMatchObject({ state: 2 });
    expect(second!.filename).not.toBe(first!.filename);
    expect(existsSync(`${second!.filename}.qcow2`)).toBe(true);
    expect(await engine.write('POST', '/v1/dib_images/nothing/build')).toBe(404);
  });

  it('that cannot be built leave no row and no file, but their log (acceptance case 19)', async () => {
    engine = await Engine.start((folder) => dibYaml(folder, { minReady: 0, env: `{ STANDIN_EXIT: '127' }` }));
    expect(await engine.write('POST', BUILD)).toBe(201);
    await engine.until('the end of the row', async () => {
      const failed = await engine.sql.query<unknown[]>(`select 1 from dib_builds where status = 'failed'`);
      return failed.length > 0 && (await engine.dibs('state <> 1')).length === 0 ? true : undefined;
    });
    const [build] = await engine.sql.query<{ dib_image_id: number; error: string; exit_code: number }[]>(
      `select * from dib_builds where status = 'failed' order by dib_image_id`,
    );
    expect(build).toMatchObject({ exit_code: 127 });
    const log = await engine.app.inject({ method: 'GET', url: `/v1/dib_images/${build!.dib_image_id}/log` });
    expect(log.statusCode).toBe(200);
    expect(log.body).toContain('Something went wrong in the middle');
    expect(await engine.images()).toEqual([]);
    expect(await engine.calls('upload-image')).toEqual([]);
    const [backoff] = await engine.sql.query<{ failures: number }[]>(
      `select failures from pool_backoffs where name = 'dib:${NAME}'`,
    );
    expect(backoff!.failures).toBeGreaterThanOrEqual(1);
  });

  it('are deleted while they are built, with all that runs for them (acceptance case 20)', async () => {
    engine = await Engine.start((folder) =>
      dibYaml(folder, {
        minReady: -1,
        env: `{ STANDIN_JOURNAL: ${folder}/journal, STANDIN_WAIT: ${folder}/go, STANDIN_STUBBORN: '1' }`,
      }),
    );
    const journal = join(engine.folder, 'journal');
    const asked = engine.write('POST', BUILD);
    await engine.until('the build to run', () =>
      existsSync(journal) && readFileSync(journal, 'utf8').includes('waiting') ? true : undefined,
    );
    expect(alive(journal).length).toBeGreaterThanOrEqual(3);
    const [dib] = await engine.dibs();
    expect(await engine.write('DELETE', `/v1/dib_images/${dib!.id}`)).toBe(204);
    await engine.until('the end of the row', async () => ((await engine.dibs()).length === 0 ? true : undefined));
    expect(alive(journal)).toEqual([]);
    expect(files(engine)).toEqual([]);
    expect(await asked).toBe(201);
    writeFileSync(join(engine.folder, 'go'), '');
    expect(await engine.write('POST', BUILD)).toBe(201);
    expect(await engine.dibs()).toMatchObject([{ state: 2 }]);
  });

  it('are refused for an upload that is impossible (acceptance case 21)', async () => {
    engine = await Engine.start((folder) =>
      dibYaml(folder, { minReady: -1 }).replace(
        'diskimages:',
        `  - { name: bare, driver: fake, max-servers: 1, rate: 0.001, images: [{ name: other, base-image: x }] }\ndiskimages:`,
      ),
    );
    expect(await engine.write('POST', UPLOAD, PROVIDER)).toBe(409);
    expect(await engine.write('POST', UPLOAD, { provider_name: 'bare' })).toBe(404);
    expect(await engine.write('POST', UPLOAD, { provider_name: 'nobody' })).toBe(404);
    expect(await engine.write('POST', UPLOAD)).toBe(400);
    expect(await engine.images()).toEqual([]);
  });

  it('are uploaded after the build that is under way (spec section 1.7)', async () => {
    engine = await Engine.start((folder) =>
      dibYaml(folder, { minReady: -1, env: `{ STANDIN_JOURNAL: ${folder}/journal, STANDIN_WAIT: ${folder}/go }` }),
    );
    const building = engine.write('POST', BUILD);
    await engine.until('the build to run', () => (existsSync(join(engine.folder, 'journal')) ? true : undefined));
    expect(await engine.write('POST', UPLOAD, PROVIDER)).toBe(201);
    expect(await engine.images()).toMatchObject([{ state: 1, external_id: null }]);
    writeFileSync(join(engine.folder, 'go'), '');
    expect(await building).toBe(201);
    await engine.until('the upload', async () => ((await engine.images('state = 2')).length === 1 ? true : undefined));
  });

  it('fail visibly where they were waited for and not built', async () => {
    engine = await Engine.start((folder) =>
      dibYaml(folder, {
        minReady: -1,
        env: `{ STANDIN_JOURNAL: ${folder}/journal, STANDIN_WAIT: ${folder}/go, STANDIN_EXIT: '3' }`,
      }),
    );
    const building = engine.write('POST', BUILD);
    await engine.until('the build to run', () => (existsSync(join(engine.folder, 'journal')) ? true : undefined));
    expect(await engine.write('POST', '/v1/images/fake-dib-image/update', PROVIDER)).toBe(201);
    writeFileSync(join(engine.folder, 'go'), '');
    await building;
    await engine.until('the end of the upload', async () => ((await engine.images()).length === 0 ? true : undefined));
    const [job] = await engine.sql.query<{ status: string; reason: string }[]>(
      `select status, reason from jobs where kind = 'nodepool.image' and input ->> 'act' = 'upload'`,
    );
    expect(job).toMatchObject({ status: 'failed' });
    expect(job!.reason).toContain('The build is gone');
  });

  it('that one provider does not take go to the others (acceptance case 22)', async () => {
    engine = await Engine.start((folder) =>
      dibYaml(folder, {
        minReady: 2,
        providers: ['broken', 'fake-provider'],
        extra: '    fake: { fail-upload: 1000000 }',
      }),
    );
    const nodes = await engine.ready(2);
    expect(new Set(nodes.map(({ provider_name }) => provider_name))).toEqual(new Set(['fake-provider']));
    const [job] = await engine.until('a failed upload', async () => {
      const jobs = await engine.sql.query<{ reason: string }[]>(
        `select reason from jobs where kind = 'nodepool.image' and status = 'failed'`,
      );
      return jobs.length > 0 ? jobs : undefined;
    });
    expect(job!.reason).toContain('the upload failed');
    expect(await engine.images(`provider_name = 'fake-provider'`)).toMatchObject([{ state: 2 }]);
    await engine.until('no row left of the failure', async () => {
      const [failed] = await engine.sql.query<{ target_id: string }[]>(
        `select target_id from jobs where kind = 'nodepool.image' and status = 'failed' order by id limit 1`,
      );
      return (await engine.images(`id = ${failed!.target_id}`)).length === 0 ? true : undefined;
    });
  });

  it('are rebuilt when somebody took their file away', async () => {
    engine = await Engine.start((folder) => dibYaml(folder));
    await engine.ready(1);
    const [dib] = await engine.dibs();
    rmSync(`${dib!.filename}.qcow2`);
    await engine.passes.cleanUp();
    await engine.until('another build', async () => {
      const dibs = await engine.dibs();
      return dibs.length === 1 && dibs[0]!.state === 2 && dibs[0]!.id > dib!.id ? true : undefined;
    });
  });
});
