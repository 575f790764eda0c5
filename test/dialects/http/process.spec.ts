import { mkdtempSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import type { AddressInfo } from 'node:net';
import { once } from 'node:events';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ADMIN_PASSWORD, ADMIN_TOKEN } from '../../support/app.js';
import { cloneDatabase, type TestDatabase } from '../../support/database.js';
import { runServerProcess, type ServerProcess, startServerProcess } from '../../support/server-process.js';

/** A process loads the whole source when it starts, which takes long on a machine that is busy with other specs. */
const LIMIT_MS = 150_000;

let database: TestDatabase;
let settings: Record<string, string>;
const started: ServerProcess[] = [];

beforeAll(async () => {
  database = await cloneDatabase();
  settings = {
    DATABASE_URL: database.url,
    SLIPWAY_SECRET_KEY: '000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f',
    SLIPWAY_DATA_DIR: mkdtempSync(join(tmpdir(), 'slipway-process-')),
    SLIPWAY_ADMIN_PASSWORD: ADMIN_PASSWORD,
    SLIPWAY_ADMIN_TOKEN: ADMIN_TOKEN,
  };
});
afterAll(async () => {
  for (const server of started) await server.end('SIGKILL');
  rmSync(settings.SLIPWAY_DATA_DIR ?? '', { recursive: true, force: true });
  await database.drop();
});

async function start(more: Record<string, string> = {}): Promise<ServerProcess> {
  const server = await startServerProcess({ ...settings, ...more });
  started.push(server);
  return server;
}

describe('a process of its own', () => {
  it(
    'is ready when it says so, logs a line for each request without secrets, and stops on SIGTERM with 0',
    async () => {
      const server = await start({ SLIPWAY_ROLE: 'api' });
      expect((await fetch(`${server.url}/health/ready`)).status).toBe(200);
      await fetch(`${server.url}/nothing?access_token=query-secret&page=2`, {
        headers: {
          authorization: 'Token header-secret-12345',
          cookie: 'session=cookie-secret',
          'x-auth-token': 'x-secret-1234567',
          'x-request-id': 'find-me',
        },
      });
      expect(await server.end('SIGTERM')).toBe(0);
      const lines = server
        .output()
        .split('\n')
        .filter((line) => line.startsWith('{'));
      const line = lines
        .map((text) => JSON.parse(text) as Record<string, unknown>)
        .find((entry) => entry.requestId === 'find-me');
      expect(line).toMatchObject({
        method: 'GET',
        path: '/nothing?access_token=[redacted]&page=2',
        status: 404,
        from: '127.0.0.1',
      });
      expect(line?.ms).toEqual(expect.any(Number));
      for (const secret of [
        'query-secret',
        'header-secret',
        'cookie-secret',
        'x-secret',
        ADMIN_PASSWORD,
        ADMIN_TOKEN,
      ]) {
        expect(server.output()).not.toContain(secret);
      }
    },
    LIMIT_MS,
  );

  it(
    'lets a request that runs come to its end',
    async () => {
      const server = await start({ SLIPWAY_ROLE: 'api' });
      const slow = fetch(`${server.url}/api/auth/login/`, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify({ username: 'admin', password: ADMIN_PASSWORD }),
      });
      // The password hash takes its time; by then the request is certainly in.
      await fetch(`${server.url}/health/live`);
      const ended = server.end('SIGINT');
      expect((await slow).status).toBe(200);
      expect(await ended).toBe(0);
    },
    LIMIT_MS,
  );

  it(
    'answers nothing but health and metrics as a worker',
    async () => {
      const server = await start({ SLIPWAY_ROLE: 'worker' });
      const status = async (path: string, init?: RequestInit) => (await fetch(server.url + path, init)).status;
      expect(await status('/health/ready')).toBe(200);
      expect(await status('/metrics')).toBe(200);
      for (const path of [
        '/',
        '/docs',
        '/openapi.json',
        '/api/auth/me/',
        '/api/upgrade/status/',
        '/api/dcim/devices/',
      ]) {
        expect([path, await status(path, { headers: { authorization: `Token ${ADMIN_TOKEN}` } })]).toEqual([path, 404]);
      }
      expect(await status('/api/auth/login/', { method: 'POST', body: '{}' })).toBe(404);
      expect(await server.end('SIGTERM')).toBe(0);
    },
    LIMIT_MS,
  );
});

describe('a process that cannot start', () => {
  it(
    'names every bad setting and no stack',
    async () => {
      const { code, output } = await runServerProcess({ ...settings, PORT: 'http', SLIPWAY_ROLE: 'king' });
      expect(code).toBe(1);
      expect(output).toContain('PORT must be a whole number from 0 to 65535, not "http"');
      expect(output).toContain('SLIPWAY_ROLE must be one of all, api, worker, not "king"');
      expect(output).not.toMatch(/\n\s+at /);
    },
    LIMIT_MS,
  );

  it(
    'says so when the port is taken',
    async () => {
      const other = createServer().listen(0, '127.0.0.1');
      await once(other, 'listening');
      const { port } = other.address() as AddressInfo;
      const { code, output } = await runServerProcess({ ...settings, PORT: String(port), SLIPWAY_LOG_LEVEL: 'silent' });
      other.close();
      expect([code, output]).toEqual([
        1,
        `Slipway cannot start: 127.0.0.1, port ${port}: another process listens there already. ` +
          'Set PORT and HOST to an address that is free.\n',
      ]);
    },
    LIMIT_MS,
  );
});
