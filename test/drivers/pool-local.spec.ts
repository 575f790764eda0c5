import { createHash } from 'node:crypto';
import { appendFile, chmod, lstat, mkdir, readdir, readFile, stat, truncate, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { scratchPath } from '../../src/drivers/durable-files/durable-files.js';
import { LocalDriver } from '../../src/drivers/pool/local/local-driver.js';
import { LocalPorts } from '../../src/drivers/pool/local/local-ports.js';
import type { PoolProvider, PoolServer } from '../../src/drivers/pool/pool-provider.js';
import { INIT, initEntry, STUBBORN_INIT, type TarEntry, writeTar } from './pool-images.js';
import {
  inKilledProcess,
  isRunning,
  makeFolder,
  providerSettings,
  serverWish,
  startHolder,
  testIo,
  until,
} from './pool-support.js';
import { onLinux } from '../support/on-linux.js';

const TAGS = { nodepool_provider: 'here', nodepool_kind: 'image', nodepool_id: '5' };

onLinux('the local provider', () => {
  let folder: Awaited<ReturnType<typeof makeFolder>>;
  let directory: string;
  let provider: PoolProvider;
  const io = testIo();

  beforeEach(async () => {
    folder = await makeFolder();
    directory = join(folder.path, 'provider');
    provider = open();
  });

  afterEach(async () => {
    for (const { id } of await provider.listServers(io)) await provider.deleteServer(id, io);
    await folder.remove();
  });

  describe('as an image store', () => {
    it('keeps what was uploaded, byte for byte, with whose it is', async () => {
      const file = await image([initEntry()]);
      const id = await upload(file);
      expect(await open().listImages(io)).toEqual([
        { id, name: 'ubuntu-1', tags: TAGS, status: 'active', message: null },
      ]);
      const stored = join(directory, 'images', `${id}.tar`);
      expect(await readFile(stored)).toEqual(await readFile(file));
      const note = JSON.parse(await readFile(join(directory, 'images', `${id}.json`), 'utf8')) as { sha256: string };
      expect(note.sha256).toBe(
        createHash('sha256')
          .update(await readFile(file))
          .digest('hex'),
      );

      await provider.deleteImage(id, io);
      await provider.deleteImage(id, io);
      expect(await provider.getImage(id, io)).toBeNull();
      expect(await readdir(join(directory, 'images'))).toEqual([]);
    });

    const hostile: [string, TarEntry[]][] = [
      ['an absolute path', [{ path: '/etc/owned', text: 'x' }]],
      ['a path that leads out', [{ path: 'a/../../owned', text: 'x' }]],
      ['a link to an absolute path', [{ path: 'passwd', type: 'SymbolicLink', linkpath: '/etc/passwd' }]],
      ['a link that leads out', [{ path: 'a/up', type: 'SymbolicLink', linkpath: '../../outside' }]],
      [
        'links that lead out together',
        [
          { path: 'd/x', type: 'SymbolicLink', linkpath: '..' },
          { path: 'y', type: 'SymbolicLink', linkpath: 'd/x/..' },
        ],
      ],
      ['a hard link that leads out', [{ path: 'hard', type: 'Link', linkpath: '../../outside' }]],
      ['a hard link to an absolute path', [{ path: 'hard', type: 'Link', linkpath: '/etc/passwd' }]],
      ['a device', [{ path: 'dev/null', type: 'CharacterDevice' }]],
      ['a pipe', [{ path: 'pipe', type: 'FIFO' }]],
      ['no init', [{ path: 'other/init', mode: 0o755, text: INIT }]],
      ['an init that is not executable', [{ path: 'init', mode: 0o644, text: INIT }]],
      ['an init that is a folder', [{ path: 'init', type: 'Directory', mode: 0o755 }]],
    ];
    it.each(hostile)('refuses an image with %s, and keeps nothing of it', async (what, entries) => {
      const file = await image(what.includes('init') ? entries : [initEntry(), ...entries]);
      await expect(upload(file)).rejects.toMatchObject({ code: 'bad_request', retryable: false });
      expect(await readdir(join(directory, 'images'))).toEqual([]);
    });

    it.each([
      ['not a tar at all', 'hello '.repeat(500)],
      ['empty', ''],
    ])('refuses a file that is %s', async (_what, text) => {
      const file = join(folder.path, 'image.tar');
      await writeFile(file, text);
      await expect(upload(file)).rejects.toMatchObject({ code: 'bad_request' });
    });

    it('refuses a tar that was cut off, a file that is not there, and another format', async () => {
      const file = await image([{ path: 'big', text: 'x'.repeat(200_000) }, initEntry()]);
      await truncate(file, 100_000);
      await expect(upload(file)).rejects.toMatchObject({ code: 'bad_request' });
      await expect(upload(join(folder.path, 'nowhere.tar'))).rejects.toMatchObject({ code: 'bad_request' });
      const wish = { name: 'x', file, format: 'qcow2', tags: TAGS };
      await expect(provider.uploadImage(wish, io)).rejects.toThrow('images of type tar, not qcow2');
      expect(await readdir(join(directory, 'images')).catch(() => [])).toEqual([]);
    });

    it('stops an upload that is aborted, and keeps nothing of it', async () => {
      const file = await image([initEntry(), { path: 'big', text: 'x'.repeat(3_000_000) }]);
      const abort = new AbortController();
      const stopping = { ...testIo(abort.signal), progress: () => abort.abort() };
      const wish = { name: 'x', file, format: 'tar', tags: TAGS };
      await expect(provider.uploadImage(wish, stopping)).rejects.toMatchObject({ code: 'aborted' });
      expect(await readdir(join(directory, 'images'))).toEqual([]);
    });

    it('tells an upload whose process is gone, and an image that is no longer what was stored', async () => {
      const id = await upload(await image([initEntry()]));
      const note = join(directory, 'images', `${id}.json`);
      await appendFile(join(directory, 'images', `${id}.tar`), 'more');
      expect(await provider.getImage(id, io)).toMatchObject({ status: 'error' });
      const interrupted = JSON.parse(await readFile(note, 'utf8')) as object;
      await writeFile(note, JSON.stringify({ ...interrupted, sha256: null }));
      expect(await provider.getImage(id, io)).toMatchObject({ status: 'building', tags: TAGS });
      const gone = { pid: process.pid, startTicks: '1', bootId: 'another' };
      await writeFile(note, JSON.stringify({ ...interrupted, sha256: null, uploader: gone }));
      expect(await provider.getImage(id, io)).toMatchObject({ status: 'error', message: 'The upload was interrupted' });
      await provider.deleteImage(id, io);
      expect(await readdir(join(directory, 'images'))).toEqual([]);
    });
  });

  describe('as a cloud', () => {
    it('starts the init of an image in a folder of its own, without rights and without our environment', async () => {
      const id = await launch(await upload(await image([initEntry(), { path: 'data/file', text: 'there' }])));
      const server = await ready(id);
      expect(server).toMatchObject({ name: 'node-1', status: 'active', ip: '127.0.0.1', tags: serverWish().tags });

      const told = await ask(server);
      const root = join(directory, 'servers', id, 'root');
      expect(told.cwd).toBe(root);
      expect(Object.keys(told.env).sort()).toEqual(
        ['HOME', 'HOSTNAME', 'LANG', 'PATH', 'PORT', 'PWD', 'SLIPWAY_SUPERVISED', '_', 'OLDPWD', 'SHLVL']
          .filter((name) => name in told.env)
          .sort(),
      );
      expect(told.env).toMatchObject({ PORT: String(server.port), HOSTNAME: 'node-1' });
      expect(await readFile(join(root, 'data', 'file'), 'utf8')).toBe('there');
      if (process.getuid?.() === 0) {
        const nobody = (await stat(root)).uid;
        expect(nobody).not.toBe(0);
        expect(told).toMatchObject({ uid: nobody, groups: [(await stat(root)).gid] });
        expect((await lstat(join(root, 'data', 'file'))).uid).toBe(nobody);
        // It cannot touch what tells us who it is.
        expect((await stat(join(directory, 'servers', id, 'process'))).mode & 0o777).toBe(0o600);
        expect((await stat(join(directory, 'servers', id, 'process'))).uid).toBe(0);
      }

      await provider.deleteServer(id, io);
      expect(await isRunning(told.pid)).toBe(false);
      await nothingLeft();
    });

    it('finds its servers again after the process that started them was killed', async () => {
      const imageId = await upload(await image([initEntry()]));
      const wish = serverWish({ image: imageId });
      const id = await inKilledProcess('server', { settings: settings(), wish });

      const server = await ready(id);
      expect(await open().listServers(io)).toEqual([server]);
      expect(server.tags).toEqual(wish.tags);
      const { pid } = await ask(server);
      await open().deleteServer(id, io);
      expect(await isRunning(pid)).toBe(false);
      expect(await provider.getServer(id, io)).toBeNull();
      await nothingLeft();
    });

    it('tells and removes a server whose launch was killed half-way', async () => {
      const entries = Array.from({ length: 20_000 }, (_, n) => ({ path: `files/${n}`, text: 'x' }));
      const imageId = await upload(await image([...entries, initEntry()]));
      const holder = startHolder('server', { settings: settings(), wish: serverWish({ image: imageId }) });
      const [begun] = await until(async () => {
        const found = await provider.listServers(io);
        return found.length > 0 ? found : false;
      }, 'the launch has begun');
      expect(begun).toMatchObject({ status: 'building', tags: serverWish().tags });
      holder.kill('SIGKILL');

      const server = await until(async () => {
        const found = await provider.getServer(begun!.id, io);
        return found?.status === 'building' ? false : found;
      }, 'the end of the launch is noticed');
      expect(server).toMatchObject({ status: 'error', message: 'The launch was interrupted' });
      await provider.deleteServer(server.id, io);
      await nothingLeft();
    });

    it('ends all that a server started, also what left its group and what ignores TERM', async () => {
      const id = await launch(await upload(await image([initEntry(STUBBORN_INIT)])));
      const console = join(directory, 'servers', id, 'console.log');
      const said = await until(async () => /^children (.*)$/m.exec(await readFile(console, 'utf8'))?.[1] ?? null, 'x');
      const pids = said.split(' ').map(Number);
      for (const pid of pids) expect(await isRunning(pid)).toBe(true);

      await Promise.all([provider.deleteServer(id, io), open().deleteServer(id, io)]);

      for (const pid of pids) expect(await isRunning(pid)).toBe(false);
      await nothingLeft();
    });

    it('tells the truth about a server that ended by itself', async () => {
      const id = await launch(await upload(await image([initEntry('#!/bin/sh\necho "out of cheese"\nexit 4\n')])));
      const server = await until(async () => {
        const found = await provider.getServer(id, io);
        return found?.status === 'error' ? found : false;
      }, 'the end is noticed');
      expect(server.message).toBe('init has ended: out of cheese');
      expect(await provider.isReachable(server, { port: null, hostKey: null }, io)).toBe(false);
      await provider.deleteServer(id, io);
      await nothingLeft();
    });

    it('does not take another process for the server when its number was given out again', async () => {
      const id = await launch(await upload(await image([initEntry()])));
      const { pid } = await ask(await ready(id));
      const record = join(directory, 'servers', id, 'process');
      const text = await readFile(record, 'utf8');
      const [first, line, boot] = text.split('\n');
      await writeFile(record, `${first}\n${line?.replace(/^\d+/, String(process.pid))}\n${boot}\n`);
      expect(await provider.getServer(id, io)).toMatchObject({ status: 'error' });
      await writeFile(record, text);
      await provider.deleteServer(id, io);
      expect(await isRunning(pid)).toBe(false);
      expect(await isRunning(process.pid)).toBe(true);
    });

    it('gives every server a port of its own that stays the same', async () => {
      const imageId = await upload(await image([initEntry()]));
      const ids = await Promise.all(Array.from({ length: 6 }, () => launch(imageId)));
      const servers = await Promise.all(ids.map((id) => ready(id)));
      const ports = servers.map(({ port }) => port);
      expect(new Set(ports).size).toBe(6);
      expect((await open().listServers(io)).map(({ port }) => port).sort()).toEqual([...ports].sort());
      expect((await readdir(join(directory, 'ports'))).sort()).toEqual(ports.map(String).sort());
    });

    it('gives no port twice, also where there are few and several processes ask', async () => {
      const first = 20_000 + (process.pid % 500) * 20;
      const askers = Array.from(
        { length: 4 },
        () => new LocalPorts(join(folder.path, 'few'), { first, end: first + 20 }),
      );
      const claims = await Promise.all(Array.from({ length: 12 }, (_, n) => askers[n % 4]!.claim(`server-${n}`)));
      expect(new Set(claims).size).toBe(12);
      const taken = claims[0] ?? 0;
      await askers[1]!.release(taken);
      const rest = new LocalPorts(join(folder.path, 'few'), { first: taken, end: taken + 1 });
      expect(await rest.claim('another')).toBe(taken);
      await expect(rest.claim('one more')).rejects.toMatchObject({ code: 'unavailable' });
    });

    it('starts from an image by its name, the newest one of it, and from none that has changed', async () => {
      await upload(await image([initEntry('#!/bin/sh\nexit 1\n')]));
      const newer = await upload(await image([initEntry()]));
      await ready(await launch('ubuntu-1'));
      const stored = join(directory, 'images', `${newer}.tar`);
      const bytes = await readFile(stored);
      bytes[600] = (bytes[600] ?? 0) ^ 1;
      await writeFile(stored, bytes);
      await expect(launch(newer)).rejects.toThrow('has changed on the disk');
      await expect(launch('nothing')).rejects.toMatchObject({ code: 'not_found' });
      expect(await provider.listServers(io)).toHaveLength(1);
    });

    it('leaves nothing behind when a launch is stopped', async () => {
      const entries = Array.from({ length: 2_000 }, (_, n) => ({ path: `files/${n}`, text: 'x' }));
      const imageId = await upload(await image([...entries, initEntry()]));
      const abort = new AbortController();
      const launching = provider.createServer(serverWish({ image: imageId }), testIo(abort.signal));
      await until(
        () =>
          readdir(join(directory, 'servers')).then(
            (names) => names.length > 0,
            () => false,
          ),
        'begun',
      );
      abort.abort();
      await expect(launching).rejects.toMatchObject({ code: 'aborted' });
      await nothingLeft();
    });

    it('clears away what a killed process left between two steps', async () => {
      await upload(await image([initEntry()]));
      const id = '01234567-89ab-4cde-8f01-23456789abcd';
      await mkdir(join(directory, 'servers', `.${id}.gone`, 'root'), { recursive: true });
      const dead = '4194303.1.01234567-89ab-4cde-8f01-23456789abcd.scratch';
      const alive = (await scratchPath(join(directory, 'servers'), id)).split('/').at(-1) ?? '';
      await mkdir(join(directory, 'servers', `.${id}.${dead}`));
      await mkdir(join(directory, 'servers', alive));
      await writeFile(join(directory, 'images', `.${id}.json.${dead}`), 'half');
      await writeFile(join(directory, `.${id}.${dead}`), 'half a snapshot');
      await mkdir(join(directory, 'ports'), { recursive: true });
      await writeFile(join(directory, 'ports', '20000'), id);
      await writeFile(join(directory, 'ports', '20001'), '11234567-89ab-4cde-8f01-23456789abcd');
      await provider.listServers(io);
      // What a process that lives is working on stays, with its port.
      expect(await readdir(join(directory, 'servers'))).toEqual([alive]);
      expect(await readdir(join(directory, 'ports'))).toEqual(['20000']);
      expect((await readdir(join(directory, 'images'))).every((name) => !name.startsWith('.'))).toBe(true);
      expect((await readdir(directory)).sort()).toEqual(['images', 'ports', 'servers']);
    });

    it('makes an image of a server, and starts another one from it', async () => {
      const id = await launch(await upload(await image([initEntry()])));
      await ready(id);
      const own = join(directory, 'servers', id, 'root', 'made-later');
      await writeFile(own, 'by the server');
      await chmod(own, 0o644);
      const snapshot = await provider.snapshotServer(id, 'snap', TAGS, io);
      expect(await provider.getImage(snapshot, io)).toMatchObject({ status: 'active', name: 'snap', tags: TAGS });
      const other = await launch(snapshot);
      await ready(other);
      expect(await readFile(join(directory, 'servers', other, 'root', 'made-later'), 'utf8')).toBe('by the server');
      expect((await readdir(directory)).sort()).toEqual(['images', 'ports', 'servers']);
    });

    it.each(['../../etc', 'x', '', '0', '01234567-89ab-4cde-8f01-23456789abcd\0'])('knows no server %j', async (id) => {
      expect(await provider.getServer(id, io)).toBeNull();
      await provider.deleteServer(id, io);
      expect(await provider.getImage(id, io)).toBeNull();
      await provider.deleteImage(id, io);
    });
  });

  function settings() {
    return providerSettings({ directory });
  }

  function open(): PoolProvider {
    return new LocalDriver({ graceMs: 500 }).open(settings());
  }

  function image(entries: readonly TarEntry[]): Promise<string> {
    return writeTar(join(folder.path, 'image.tar'), entries);
  }

  function upload(file: string): Promise<string> {
    return provider.uploadImage({ name: 'ubuntu-1', file, format: 'tar', tags: TAGS }, io);
  }

  function launch(imageId: string): Promise<string> {
    return provider.createServer(serverWish({ image: imageId }), io);
  }

  function ready(id: string): Promise<PoolServer> {
    return until(async () => {
      const server = await provider.getServer(id, io);
      return server && (await provider.isReachable(server, { port: null, hostKey: null }, io)) ? server : false;
    }, 'the server answers');
  }

  async function ask(server: PoolServer) {
    const answer = await fetch(`http://${server.ip}:${server.port}/`, { headers: { connection: 'close' } });
    return (await answer.json()) as {
      env: Record<string, string>;
      uid: number;
      groups: number[];
      cwd: string;
      pid: number;
    };
  }

  async function nothingLeft(): Promise<void> {
    expect(await readdir(join(directory, 'servers'))).toEqual([]);
    expect(await readdir(join(directory, 'ports'))).toEqual([]);
  }
});
