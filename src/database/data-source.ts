import { Logger } from '@nestjs/common';
import type { DataSourceOptions } from 'typeorm';
import { ENTITIES } from './entities.js';
import { MIGRATIONS } from './migrations/index.js';
import { PooledClient } from './pooled-client.js';

const DEFAULT_POOL = 10;

/** A transaction that a stopped or frozen process left open must not hold its locks for ever. */
const IDLE_IN_TRANSACTION_MS = 60_000;

/** The one description of our database, for the application, the command line, the drift check and the tests. */
export function dataSourceOptions(databaseUrl: string, poolSize = DEFAULT_POOL): DataSourceOptions {
  return {
    type: 'postgres',
    url: databaseUrl,
    entities: ENTITIES,
    migrations: MIGRATIONS,
    migrationsTableName: 'migrations',
    migrationsTransactionMode: 'each',
    synchronize: false,
    // Failed statements carry their parameters, and those may be secrets: errors are logged where they are handled.
    logging: false,
    applicationName: 'slipway',
    // `gen_random_uuid()`, which PostgreSQL has built in; nothing to install.
    uuidExtension: 'pgcrypto',
    installExtensions: false,
    poolSize,
    connectTimeoutMS: 5_000,
    poolErrorHandler: reportLostConnection,
    extra: {
      Client: PooledClient,
      idleTimeoutMillis: 30_000,
      keepAlive: true,
      idle_in_transaction_session_timeout: IDLE_IN_TRANSACTION_MS,
    },
  };
}

/** An idle connection went away (PostgreSQL restarted): the pool makes a new one when asked; the process goes on. */
function reportLostConnection(error: Error): void {
  new Logger('Database').warn(`an idle database connection was lost: ${error.message}`);
}
