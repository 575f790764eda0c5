import { mkdtempSync, rmSync } from 'node:fs';
import { connect, createServer, type Server } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Config } from '../../src/config/config.js';
import { InvalidSettings, parseSettings } from '../../src/config/settings.js';
import { DatabaseNotOpened, openDatabase } from '../../src/database/open-database.js';
import { emptyDatabase } from '../support/database.js';
import { serversOf } from '../support/embedded.js';

const given = (url: string): Config => new Config(parseSettings({ DATABASE_URL: url, SLIPWAY_SECRET_KEY: 'a key' }));

describe('openDatabase', () => {
  let database: Awaited<ReturnType<typeof emptyDatabase>>;
  beforeAll(async () => {
    database = await emptyDatabase();
  });
  afterAll(() => database.drop());

  it('migrates the database it is given, and leaves it running', async () => {
    const opened = await openDatabase(given(database.url));
    expect(opened.url).toBe(database.url);
    expect(opened.migrated.length).toBeGreaterThan(0);
    await opened.close();
    expect((await openDatabase(given(database.url))).migrated).toEqual([]);
  });

  it('starts the embedded one where none is given, and hands out its address and a key', async () => {
    const dataDir = mkdtempSync(join(tmpdir(), 'slipway-open-'));
    const opened = await openDatabase(new Config(parseSettings({ SLIPWAY_DATA_DIR: dataDir })));
    expect(opened.config.values).toMatchObject({ databaseUrl: opened.url, secretKey: expect.any(String) as string });
    expect(serversOf(dataDir)).toHaveLength(1);
    await opened.close();
    expect(serversOf(dataDir)).toEqual([]);
    rmSync(opened.folder ?? dataDir, { recursive: true });
    rmSync(dataDir, { recursive: true, force: true });
  });

  it('waits for a server that is still starting', async () => {
    const { port, hostname } = new URL(database.url);
    const doors: Server[] = [];
    // A door to the real server that opens late, on a port known before.
    const reserve = createServer().listen(0, '127.0.0.1');
    const late = await new Promise<number>((resolve) => {
      reserve.once('listening', () => resolve((reserve.address() as { port: number }).port));
    });
    await new Promise((resolve) => reserve.close(resolve));
    setTimeout(() => {
      const door = createServer((socket) => socket.pipe(connect(Number(port), hostname)).pipe(socket));
      doors.push(door.listen(late, '127.0.0.1'));
    }, 300);
    const opened = await openDatabase(given(database.url.replace(`:${port}/`, `:${late}/`)));
    await opened.close();
    for (const door of doors) door.close();
  });

  it('says what is wrong, without the password', async () => {
    const silent = await openDatabase(given('postgres://someone:hunter2@127.0.0.1:1/fleet'), 150).catch(
      (e: Error) => e,
    );
    expect(silent).toBeInstanceOf(DatabaseNotOpened);
    expect(String(silent)).toMatch(
      /database fleet at 127\.0\.0\.1:1, as user someone, cannot be reached \(.*ECONNREFUSED/,
    );
    expect(String(silent)).not.toContain('hunter2');

    const wrong = await openDatabase(given(database.url.replace(/:[^:@/]+@/, ':hunter2@'))).catch((e: Error) => e);
    expect(String(wrong)).toMatch(/cannot be used \(password authentication failed/);
    const missing = await openDatabase(given(database.url.replace(/\/\w+$/, '/nowhere'))).catch((e: Error) => e);
    expect(String(missing)).toMatch(/cannot be used \(database "nowhere" does not exist/);
    await expect(openDatabase(given('mysql://here'))).rejects.toThrow(InvalidSettings);
    await expect(openDatabase(given('nonsense'))).rejects.toThrow(InvalidSettings);
  });

  it('refuses a given database without a key', async () => {
    const config = new Config(parseSettings({ DATABASE_URL: database.url }));
    await expect(openDatabase(config)).rejects.toThrow(/SLIPWAY_SECRET_KEY must be set/);
  });
});
