import { mkdtempSync, rmSync } from 'node:fs';
import { Agent } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { ModuleMetadata } from '@nestjs/common';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import { AppModule } from '../../src/app.module.js';
import { Config } from '../../src/config/config.js';
import { parseSettings, type SettingValues } from '../../src/config/settings.js';
import { createApp } from '../../src/http/create-app.js';
import { cloneDatabase, type TestDatabase } from './database.js';
import { type Inject, injectInto } from './request.js';

export interface TestApp {
  readonly app: NestFastifyApplication;
  readonly config: Config;
  /** It really listens, on a free port of the loopback: `http://127.0.0.1:41234`. */
  readonly url: string;
  /** A request to `url`: `await inject({ method: 'POST', url: '/x', payload: {} })` has `statusCode`, `headers`, `json()`. */
  readonly inject: Inject;
  readonly database: TestDatabase;
  /** A token of the administrator `admin` / `ADMIN_PASSWORD`. */
  readonly adminToken: string;
  close(): Promise<void>;
}

export interface TestAppOptions {
  /** Shares another app's database (it stays when this app closes); without it the app gets a clone of its own. */
  readonly database?: TestDatabase;
  /** The role is `api` unless stated, so nothing works through the queue behind the test's back. */
  readonly config?: Partial<SettingValues>;
  /** Modules besides the application's own: a probe's controllers. */
  readonly modules?: NonNullable<ModuleMetadata['imports']>;
}

export const ADMIN_TOKEN = '0123456789abcdef0123456789abcdef01234567';
export const ADMIN_PASSWORD = 'correct horse battery staple';

/** The whole application as `main.ts` makes it, on a migrated database. */
export async function startTestApp(options: TestAppOptions = {}): Promise<TestApp> {
  const database = options.database ?? (await cloneDatabase());
  const dataDir = mkdtempSync(join(tmpdir(), 'slipway-app-'));
  const config = new Config({ ...parseSettings({}), ...testSettings(database.url, dataDir), ...options.config });
  const app = await createApp(config, AppModule.for(config, options.modules));
  await app.listen(0, '127.0.0.1');
  const { port } = app.getHttpServer().address() as AddressInfo;
  const url = `http://127.0.0.1:${port}`;
  const agent = new Agent({ keepAlive: true });
  return {
    app,
    config,
    url,
    inject: injectInto(url, agent),
    database,
    adminToken: ADMIN_TOKEN,
    async close() {
      agent.destroy();
      await app.close();
      if (!options.database) await database.drop();
      rmSync(dataDir, { recursive: true, force: true });
    },
  };
}

function testSettings(databaseUrl: string, dataDir: string): Partial<SettingValues> {
  return {
    databaseUrl,
    dataDir,
    role: 'api',
    adminPassword: ADMIN_PASSWORD,
    adminToken: ADMIN_TOKEN,
    secretKey: '000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f',
    logLevel: 'silent',
    databasePool: 10,
    shutdownGrace: 2,
  };
}
