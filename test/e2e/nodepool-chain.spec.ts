import { existsSync, mkdtempSync, readdirSync, readFileSync, readlinkSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Engine } from '../dialects/nodepool/engine.js';

/** One node's life has some builds and a dozen processes in it. */
const LONG_MS = 240_000;

interface WireNode {
  readonly id: number;
  readonly _state: number;
  readonly ip: string | null;
  readonly connection_port?: number | null;
  readonly external_id: string | null;
}

function yaml(folder: string, content: string, minReady: number): string {
  return `
images-dir: ${folder}/images
cron: { cleanup: '0 0 1 1 *', check: '0 0 1 1 *', image-update: '0 0 1 1 *' }
labels:
  - { name: small, image: base, min-ready: ${minReady}, providers: [{ name: here }] }
providers:
  - name: here
    driver: local
    max-servers: 5
    rate: 0.01
    boot-timeout: 60
    image-type: tar
    images: [{ name: base, diskimage: base }]
diskimages:
  - name: base
    elements: [vm, simple-init]
    release: 14.04
    env-vars: { STANDIN_CONTENT: ${content}, STANDIN_JOURNAL: ${folder}/journal }
targets: [{ name: ci }]
`;
}

/** What the node's own server answers: the text that its image was built with. */
async function answerOf(engine: Engine, id: number): Promise<string> {
  const [node] = await engine.sql.query<{ ip: string; connection_port: number }[]>(
    'select ip, connection_port from pool_nodes where id = $1',
    [id],
  );
  const answer = await fetch(`http://${node!.ip}:${node!.connection_port}/`);
  return answer.text();
}

/** Processes whose working directory is below the folder. */
function processesBelow(folder: string): number[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .filter((pid) => {
      try {
        return readlinkSync(`/proc/${pid}/cwd`).startsWith(folder);
      } catch {
        return false;
      }
    })
    .map(Number);
}

/** Every regular file below a folder, by its path. */
function filesBelow(folder: string): string[] {
  if (!existsSync(folder)) return [];
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => !entry.isDirectory())
    .map((entry) => join(entry.parentPath, entry.name));
}

describe('the whole chain, with nothing faked', () => {
  let folder: string;
  let dataDir: string;
  let engine: Engine;

  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), 'slipway-chain-'));
    dataDir = join(folder, 'data');
    engine = await Engine.start(yaml(folder, 'one', 2), { folder, config: { dataDir } });
  });
  afterAll(async () => {
    await engine.close();
    rmSync(folder, { recursive: true, force: true });
  });

  const list = async (path: string): Promise<WireNode[]> =>
    (await engine.app.inject({ method: 'GET', url: path })).json<WireNode[]>();
  const readyNodes = (count: number): Promise<WireNode[]> =>
    engine.until(
      `${count} ready nodes`,
      async () => {
        const nodes = (await list('/v1/nodes')).filter(({ _state }) => _state === 2);
        return nodes.length === count ? nodes : undefined;
      },
      90_000,
    );

  it(
    'builds, uploads, launches, holds, deletes, rebuilds, rotates, and leaves nothing behind',
    async () => {
      // Built, uploaded, and launched to min-ready.
      const [first, second] = await readyNodes(2);
      expect(await answerOf(engine, first!.id)).toBe('one');
      expect(await answerOf(engine, second!.id)).toBe('one');
      const [built] = await engine.dibs();
      expect(readFileSync(`${built!.filename}.tar`).length).toBeGreaterThan(0);
      expect(processesBelow(dataDir).length).toBeGreaterThanOrEqual(2);

      // One is held and replaced, one deleted and replaced.
      expect(await engine.hold(first!.id)).toBe(200);
      expect(await engine.deleteNode(second!.id)).toBe(204);
      await engine.gone(second!.id);
      const replaced = await readyNodes(2);
      expect(replaced.map(({ id }) => id)).not.toContain(first!.id);
      expect(replaced.map(({ id }) => id)).not.toContain(second!.id);
      expect(await answerOf(engine, first!.id)).toBe('one');

      // Rebuilt twice: what starts from now on is of the newest build, and what runs goes on.
      for (const content of ['two', 'three']) {
        await engine.rewrite(yaml(folder, content, 2));
        const before = (await engine.images()).length;
        expect(await engine.write('POST', '/v1/images/base/update', { provider_name: 'here' })).toBe(201);
        await engine.until('the upload', async () => {
          const images = await engine.images('state = 2');
          return images.length === before + 1 ? images : undefined;
        });
      }
      expect(await engine.deleteNode(replaced[0]!.id)).toBe(204);
      await engine.gone(replaced[0]!.id);
      const [, newest] = await readyNodes(2);
      expect(await answerOf(engine, newest!.id)).toBe('three');
      expect(await answerOf(engine, first!.id)).toBe('one');

      // Rotated: the oldest of three goes once it is old, here and at the provider.
      await engine.sql.query(`update dib_images set state_time = now() - interval '9 hours'`);
      await engine.sql.query(`update provider_images set state_time = now() - interval '9 hours'`);
      await engine.passes.cleanUp();
      await engine.until('the rotation', async () => {
        const left = [await engine.dibs(), await engine.images()].map(({ length }) => length);
        return left.every((length) => length === 2) ? true : undefined;
      });
      expect(existsSync(`${built!.filename}.tar`)).toBe(false);
      expect(filesBelow(join(folder, 'images'))).toHaveLength(2);

      // Everything deleted.
      await engine.rewrite(yaml(folder, 'three', -1));
      for (const path of ['nodes', 'images', 'dib_images']) {
        for (const { id } of await list(`/v1/${path}`)) {
          expect(await engine.write('DELETE', `/v1/${path}/${id}`)).toBe(204);
        }
        await engine.until(`the end of ${path}`, async () =>
          (await list(`/v1/${path}`)).length === 0 ? true : undefined,
        );
      }
      expect(processesBelow(dataDir)).toEqual([]);
      expect(filesBelow(join(folder, 'images'))).toEqual([]);
      // Only the logs of the builds stay, and who they were.
      const left = filesBelow(join(dataDir, 'nodepool')).filter((path) => !path.includes('/nodepool/builds/'));
      expect(left).toEqual([]);
      const runs = readFileSync(join(folder, 'journal'), 'utf8')
        .split('\n')
        .filter((line) => line.startsWith('run '));
      expect(runs).toHaveLength(3);
    },
    LONG_MS,
  );
});
