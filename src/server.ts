import type { AddressInfo } from 'node:net';
import { Logger } from '@nestjs/common';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import { AppModule } from './app.module.js';
import type { Config } from './config/config.js';
import { type OpenDatabase, openDatabase } from './database/open-database.js';
import { createApp } from './http/create-app.js';
import { createLog, PinoLogger } from './http/pino-logger.js';
import { ReadinessChecks } from './operations/readiness-checks.js';

export interface RunningServer {
  readonly app: NestFastifyApplication;
  readonly config: Config;
  /** Where it listens, for a client on this machine. */
  readonly url: string;
  /** Takes no more work, lets what runs reach a safe point, then closes everything. */
  stop(): Promise<void>;
  /** Waits for nothing that runs: leaves the database, so that an embedded one does not go on without anybody. */
  abandon(): Promise<void>;
}

/** A worker's queue connects while the server already listens; it is there long before this. */
const READY_MS = 10_000;

/** The server could not listen; the message is for whoever starts it. */
export class CannotListen extends Error {}

/** Opens the database, makes the application and listens: for `main.ts` and for commands that serve. */
export async function startServer(settings: Config): Promise<RunningServer> {
  // What is said before there is an application goes to the same log, in the same form.
  Logger.overrideLogger(new PinoLogger(createLog(settings.values.logLevel)));
  const database = await openDatabase(settings);
  let app: NestFastifyApplication | undefined;
  try {
    app = await createApp(database.config, AppModule.for(database.config));
    await listen(app, database.config);
    await app.get(ReadinessChecks).settle(READY_MS);
  } catch (error) {
    await app?.close();
    await database.close();
    throw error;
  }
  return running(app, database);
}

function running(app: NestFastifyApplication, database: OpenDatabase): RunningServer {
  return {
    app,
    config: database.config,
    url: urlOf(app.getHttpServer().address() as AddressInfo),
    async stop() {
      // First, so that a load balancer sends nothing more while running steps come to their safe points.
      app.get(ReadinessChecks).register('process', () => Promise.reject(new Error('shutting down')));
      try {
        await app.close();
      } finally {
        await database.close();
      }
    },
    abandon: () => database.close(),
  };
}

async function listen(app: NestFastifyApplication, { values }: Config): Promise<void> {
  try {
    await app.listen(values.port, values.host);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    const where = `${values.host}, port ${values.port}`;
    const reason = code === undefined ? undefined : LISTEN_FAULTS[code];
    if (reason === undefined) throw error;
    throw new CannotListen(`Slipway cannot start: ${where}: ${reason}. Set PORT and HOST to an address that is free.`);
  }
}

const LISTEN_FAULTS: Readonly<Record<string, string>> = {
  EADDRINUSE: 'another process listens there already',
  EACCES: 'this user may not listen there',
  EADDRNOTAVAIL: 'this machine has no such address',
  ENOTFOUND: 'there is no such host name',
};

function urlOf({ address, family, port }: AddressInfo): string {
  if (address === '0.0.0.0' || address === '::') return `http://127.0.0.1:${port}`;
  return family === 'IPv6' ? `http://[${address}]:${port}` : `http://${address}:${port}`;
}
