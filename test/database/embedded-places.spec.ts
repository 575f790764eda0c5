import { execFileSync } from 'node:child_process';
import {
  chmodSync,
  chownSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  truncateSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type DataPlace, findPlace } from '../../src/database/embedded/data-place.js';
import { EmbeddedServer } from '../../src/database/embedded/embedded-server.js';
import { serverAccount } from '../../src/database/embedded/server-account.js';
import { provideServerFiles, serverPackage } from '../../src/database/embedded/server-files.js';
import { query, serversOf, startEmbeddedChild } from '../support/embedded.js';

const isRoot = process.getuid?.() === 0;
const asRoot = isRoot ? describe : describe.skip;

/** A folder of the test's own that everybody may enter. */
function openFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'slipway-places-'));
  chmodSync(folder, 0o755);
  return folder;
}

function copyPackage(target: string): string {
  // Links instead of copies where the file system allows it: it is 60 MB, and nothing here writes into it.
  execFileSync('sh', [
    '-c',
    'cp -al "$1" "$2" 2>/dev/null || { rm -rf "$2"; cp -a "$1" "$2"; }',
    'sh',
    serverPackage(),
    target,
  ]);
  return target;
}

describe('the server files', () => {
  let folder: string;
  let packageFolder: string;
  let readable: string;
  const provide = () => provideServerFiles(packageFolder, readable, serverAccount());

  beforeAll(() => {
    folder = openFolder();
    packageFolder = copyPackage(join(folder, 'linux-x64'));
    readable = join(folder, 'readable');
  });
  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  it('are used where they are', () => {
    expect(provide().postgres).toBe(join(packageFolder, 'native', 'bin', 'postgres'));
    expect(existsSync(readable)).toBe(false);
  });

  it('are copied once when their libraries have no links (install scripts were off)', () => {
    const lib = join(packageFolder, 'native', 'lib');
    const list = JSON.parse(readFileSync(join(packageFolder, 'native', 'pg-symlinks.json'), 'utf8')) as {
      target: string;
    }[];
    for (const { target } of list) rmSync(join(packageFolder, target), { force: true });
    expect(existsSync(join(lib, 'libpq.so.5'))).toBe(false);

    const files = provide();
    expect(files.postgres.startsWith(`${readable}/postgres-18.`)).toBe(true);
    expect(files.majorVersion).toBe('18');
    const made = statSync(files.postgres).mtimeMs;
    expect(statSync(provide().postgres).mtimeMs).toBe(made);
    expect(readdirSync(readable)).toHaveLength(1);
  });

  it('are copied again when the copy is not whole', () => {
    const { postgres } = provide();
    const size = statSync(postgres).size;
    truncateSync(postgres, 1000);
    rmSync(join(postgres, '../../share/postgresql/postgres.bki'));
    expect(provide().postgres).toBe(postgres);
    expect(statSync(postgres).size).toBe(size);
    expect(existsSync(join(postgres, '../../share/postgresql/postgres.bki'))).toBe(true);
    expect(readdirSync(readable)).toHaveLength(1);
  });
});

asRoot('as root, below a folder of mode 0700', () => {
  let open: string;
  let closed: string;
  let running: EmbeddedServer[];
  const start = async (dataDir: string): Promise<EmbeddedServer> => {
    const server = await EmbeddedServer.start({
      dataDir,
      systemFolder: join(open, 'system'),
      packageFolder: join(closed, 'linux-x64'),
    });
    running.push(server);
    return server;
  };

  beforeAll(() => {
    open = openFolder();
    closed = mkdtempSync(join(tmpdir(), 'slipway-closed-'));
    copyPackage(join(closed, 'linux-x64'));
    running = [];
  });
  afterAll(async () => {
    await Promise.all(running.map((server) => server.stop()));
    for (const folder of [open, closed]) rmSync(folder, { recursive: true, force: true });
  });

  it('keeps files and data in the system folder, and finds them again', async () => {
    const dataDir = join(closed, 'data');
    const first = await start(dataDir);
    expect(first.folder.startsWith(join(open, 'system'))).toBe(true);
    expect(readFileSync(join(dataDir, 'postgres-location'), 'utf8').trim()).toBe(first.folder);
    expect(statSync(join(dataDir, 'postgres-password')).mode & 0o777).toBe(0o600);
    await query(first.url, 'create table kept as select 1 as value');
    await first.stop();

    const second = await start(dataDir);
    expect(second.folder).toBe(first.folder);
    expect(await query(second.url, 'select value from kept')).toEqual([{ value: 1 }]);
    expect(serversOf(dataDir)).toHaveLength(1);
    await second.stop();
    expect(serversOf(dataDir)).toEqual([]);
  });

  it('is one database for processes that start at once', async () => {
    const dataDir = join(closed, 'at-once');
    const [first, second] = await Promise.all([start(dataDir), start(dataDir)]);
    expect(second.url).toBe(first.url);
    expect(serversOf(dataDir)).toHaveLength(1);
    await first.stop();
    expect(await query(second.url, 'select 1 as one')).toEqual([{ one: 1 }]);
    await second.stop();
    expect(serversOf(dataDir)).toEqual([]);
  });

  const place = (dataDir: string): DataPlace => findPlace(dataDir, join(open, 'system'), serverAccount());

  it('does not take the database of a deleted data directory for that of a new one at the same path', () => {
    const dataDir = join(closed, 'again');
    const first = place(dataDir);
    expect(place(dataDir)).toEqual(first);
    rmSync(dataDir, { recursive: true });
    expect(place(dataDir).folder).not.toBe(first.folder);
  });

  it('says what to do when the folder it moved to is gone', () => {
    const dataDir = join(closed, 'moved');
    rmSync(place(dataDir).folder, { recursive: true });
    expect(() => place(dataDir)).toThrow(/postgres-location says the database is in .* which is not there/);
  });

  it('says what to do when the folder of its data was closed later, and starts no empty one', () => {
    const parent = join(open, 'home');
    mkdirSync(parent);
    const { folder, data } = place(join(parent, 'data'));
    expect(folder).toBe(join(parent, 'data', 'postgres'));
    mkdirSync(data);
    chmodSync(parent, 0o700);
    expect(() => place(join(parent, 'data'))).toThrow(/a folder above it is closed to the user that runs PostgreSQL/);
  });
});

asRoot('as an ordinary user', () => {
  it('keeps everything in the data directory, which root may go on using', async () => {
    const folder = openFolder();
    const packageFolder = copyPackage(join(folder, 'linux-x64'));
    const dataDir = join(folder, 'data');
    mkdirSync(dataDir);
    const nobody = { uid: 65534, gid: 65534 };
    chownSync(dataDir, nobody.uid, nobody.gid);

    const child = await startEmbeddedChild({ dataDir, packageFolder, systemFolder: '/nonexistent', runAs: nobody });
    const [pid] = serversOf(dataDir);
    expect(child.folder).toBe(join(dataDir, 'postgres'));
    expect(execFileSync('stat', ['-c', '%u', `/proc/${pid}`], { encoding: 'utf8' }).trim()).toBe('65534');
    await query(child.url, 'create table kept as select 1 as value');
    await child.stop();
    expect(serversOf(dataDir)).toEqual([]);

    const server = await EmbeddedServer.start({ dataDir, packageFolder, systemFolder: join(folder, 'system') });
    expect(await query(server.url, 'select value from kept')).toEqual([{ value: 1 }]);
    await server.stop();
    rmSync(folder, { recursive: true, force: true });
  });
});
