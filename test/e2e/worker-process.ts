import { startServerProcess, type ServerProcess } from '../support/server-process.js';
import type { TestApp } from '../support/app.js';

/** A worker in a process of its own, on the database and the images of an app that only answers the API. */
export function startWorkerProcess(app: TestApp, settings: Record<string, string> = {}): Promise<ServerProcess> {
  const { databaseUrl, dataDir, secretKey } = app.config.values;
  return startServerProcess({
    DATABASE_URL: databaseUrl ?? '',
    SLIPWAY_DATA_DIR: dataDir,
    SLIPWAY_SECRET_KEY: secretKey ?? '',
    SLIPWAY_ROLE: 'worker',
    SLIPWAY_LOG_LEVEL: 'warn',
    SLIPWAY_WORKER_CONCURRENCY: '20',
    SLIPWAY_DATABASE_POOL: '10',
    ...settings,
  });
}
