import { Logger } from '@nestjs/common';
import { setTimeout as sleep } from 'node:timers/promises';
import { Config } from '../config/config.js';
import { resolveSecretKey } from '../config/secret-box.js';
import { InvalidSettings } from '../config/settings.js';
import { EmbeddedServer } from './embedded/embedded-server.js';
import { migrate } from './migrate.js';
import { isDatabaseUnavailable } from './pg-errors.js';

export interface OpenDatabase {
  /** What the application is to be made with: the settings, with the database and the key that are really in use. */
  readonly config: Config;
  readonly url: string;
  /** Where the embedded server keeps its data; not always in the data directory. */
  readonly folder: string | undefined;
  /** The migrations that opening it ran. */
  readonly migrated: readonly string[];
  /** After the application has closed: leaves (and, as the last process, stops) the embedded server. */
  close(): Promise<void>;
}

/** The database could not be opened; the message is for whoever starts Slipway, and holds no password. */
export class DatabaseNotOpened extends Error {
  constructor(message: string, options?: ErrorOptions) {
    super(`Slipway cannot start: ${message}`, options);
    this.name = 'DatabaseNotOpened';
  }
}

const WAIT_MS = 30_000;

/** Finds or starts the database this process was told to use, and brings it to this version. */
export async function openDatabase(config: Config, waitMs = WAIT_MS): Promise<OpenDatabase> {
  const secretKey = resolveSecretKey(config);
  const given = config.values.databaseUrl;
  if (given !== undefined) checkUrl(given);
  const server = given === undefined ? await EmbeddedServer.start({ dataDir: config.dataDir }) : undefined;
  const url = server?.url ?? given ?? '';
  try {
    const migrated = await migrateWhenReachable(url, waitMs);
    return {
      config: new Config({ ...config.values, databaseUrl: url, secretKey }),
      url,
      folder: server?.folder,
      migrated,
      close: async () => server?.stop(),
    };
  } catch (error) {
    await server?.stop();
    throw error;
  }
}

function checkUrl(url: string): void {
  if (/^postgres(ql)?:$/.test(URL.canParse(url) ? new URL(url).protocol : '')) return;
  throw new InvalidSettings(['DATABASE_URL must look like postgres://user:password@host:5432/database']);
}

/** A server that is still starting is waited for; one that refuses us is not. */
async function migrateWhenReachable(url: string, waitMs: number): Promise<string[]> {
  const until = Date.now() + waitMs;
  for (let pause = 100; ; pause = Math.min(pause * 2, 2_000)) {
    try {
      return await migrate(url);
    } catch (error) {
      const mayComeUp = isDatabaseUnavailable(error);
      if (!mayComeUp || Date.now() + pause > until) throw notOpened(url, error, mayComeUp);
      new Logger('Database').warn(`${describe(url)} is not reachable yet (${reason(error)}); trying again`);
      await sleep(pause);
    }
  }
}

function notOpened(url: string, error: unknown, waited: boolean): DatabaseNotOpened {
  const message = waited
    ? `${describe(url)} cannot be reached (${reason(error)})`
    : `${describe(url)} cannot be used (${reason(error)})`;
  return new DatabaseNotOpened(message, { cause: error });
}

function describe(url: string): string {
  const { username, host, pathname } = new URL(url);
  return `the database ${pathname.slice(1)} at ${host}, as user ${decodeURIComponent(username)},`;
}

/** A failed connection to a name with two addresses has no message of its own, only its parts have. */
function reason(error: unknown): string {
  const { message, errors } = error as { message?: string; errors?: unknown };
  if (Array.isArray(errors)) return [...new Set(errors.map(reason))].join('; ');
  return message ? message : String(error);
}
