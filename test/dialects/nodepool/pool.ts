import { mkdtempSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { SettingValues } from '../../../src/config/settings.js';
import { NodepoolConfigStore } from '../../../src/nodepool/config/nodepool-config.store.js';
import { startTestApp, type TestApp } from '../../support/app.js';
import type { TestDatabase } from '../../support/database.js';
import type { TestAnswer, TestRequest } from '../../support/request.js';

export const API_USER = 'nodepool';
export const API_PASSWORD = 'open:sesame';
const LONG_MS = 60_000;

export interface Pool {
  readonly app: TestApp;
  /** Without credentials. */
  request(method: string, url: string, more?: Partial<TestRequest>): Promise<TestAnswer>;
  /** As the dialect's own user, by basic authentication. */
  as(method: string, url: string, more?: Partial<TestRequest>): Promise<TestAnswer>;
  /** With a form as the body, authenticated. */
  form(method: string, url: string, fields: Readonly<Record<string, string>>): Promise<TestAnswer>;
  get<T>(url: string): Promise<T>;
  /** Replaces the file as an editor does and waits until it has been read. */
  writeConfig(yaml: string): Promise<void>;
  readonly configFile: string;
  close(): Promise<void>;
}

export interface PoolOptions {
  /** The text of nodepool.yaml; without it there is no pool. */
  readonly yaml?: string;
  readonly config?: Partial<SettingValues>;
  readonly database?: TestDatabase;
}

/** The whole application with a pool. The role is `api` unless stated: no tick and no worker acts behind the test's back. */
export async function startPool(options: PoolOptions = {}): Promise<Pool> {
  const folder = mkdtempSync(join(tmpdir(), 'slipway-pool-'));
  const configFile = join(folder, 'nodepool.yaml');
  if (options.yaml !== undefined) writeFileSync(configFile, options.yaml);
  const app = await startTestApp({
    database: options.database,
    config: {
      nodepoolApiUser: API_USER,
      nodepoolApiPassword: API_PASSWORD,
      ...(options.yaml === undefined ? {} : { nodepoolConfFile: configFile }),
      ...options.config,
    },
  });
  const request: Pool['request'] = (method, url, more) => app.inject({ method, url, ...more });
  const as: Pool['as'] = (method, url, more) =>
    request(method, url, { ...more, headers: { authorization: basic(API_USER, API_PASSWORD), ...more?.headers } });
  return {
    app,
    request,
    as,
    form: (method, url, fields) =>
      as(method, url, {
        payload: new URLSearchParams(fields).toString(),
        headers: { 'content-type': 'application/x-www-form-urlencoded' },
      }),
    get: async <T>(url: string) => (await request('GET', url)).json<T>(),
    async writeConfig(yaml) {
      const store = app.app.get(NodepoolConfigStore, { strict: false });
      const read = new Promise<void>((resolve) => store.events.once('read', resolve));
      writeFileSync(`${configFile}.new`, yaml);
      renameSync(`${configFile}.new`, configFile);
      await read;
    },
    configFile,
    async close() {
      await app.close();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

export function basic(username: string, password: string): string {
  return `Basic ${Buffer.from(`${username}:${password}`).toString('base64')}`;
}

/** Asks again until the answer is something, or throws after a minute with what was waited for. */
export async function until<T>(what: string, ask: () => Promise<T | null | undefined | false>): Promise<T> {
  const end = Date.now() + LONG_MS;
  for (;;) {
    const answer = await ask();
    if (answer !== null && answer !== undefined && answer !== false) return answer;
    if (Date.now() > end) throw new Error(`waited in vain until ${what}`);
    await sleep(50);
  }
}
