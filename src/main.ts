import { setTimeout as sleep } from 'node:timers/promises';
import { loadConfig } from './config/config.js';
import { InvalidSettings } from './config/settings.js';
import { EmbeddedServerError } from './database/embedded/embedded-error.js';
import { DatabaseNotOpened } from './database/open-database.js';
import { CannotListen, type RunningServer, startServer } from './server.js';

/** What closing everything may take beyond the wait for running steps. */
const CLOSING_MS = 10_000;

/** What leaving the database may take for a process that ends at once. */
const LEAVING_MS = 5_000;

/** Ctrl-C in a terminal reaches this process twice when npm passes it on as well; that is still one wish. */
const ECHO_MS = 1_000;

/** Errors whose message is all an operator needs; anything else is a fault of ours and shows its stack. */
const EXPLAINED = [InvalidSettings, EmbeddedServerError, DatabaseNotOpened, CannotListen];

async function main(): Promise<void> {
  const config = loadConfig();
  const starting = startServer(config);
  stopOnSignal(starting, config.values.shutdownGrace * 1000 + CLOSING_MS);
  const server = await starting;
  process.stdout.write(`slipway is ready at ${server.url}\n`);
}

/** SIGTERM and SIGINT stop the server in good order, also while it starts; a second one, or the limit, at once. */
function stopOnSignal(starting: Promise<RunningServer>, limitMs: number): void {
  let askedAt: number | undefined;
  const end = async (message: string) => {
    await Promise.race([starting.then((server) => server.abandon()), sleep(LEAVING_MS)]).catch(() => undefined);
    exit(1, message);
  };
  const stop = async (signal: NodeJS.Signals) => {
    if (askedAt !== undefined) {
      if (Date.now() - askedAt > ECHO_MS) await end(`slipway got a second ${signal} and stops at once`);
      return;
    }
    askedAt = Date.now();
    setTimeout(() => void end(`slipway did not stop within ${limitMs / 1000} s and ends now`), limitMs).unref();
    await (await starting).stop();
    process.exit(0);
  };
  for (const signal of ['SIGTERM', 'SIGINT'] as const) process.on(signal, () => void stop(signal).catch(fail));
}

function fail(error: unknown): never {
  const isExplained = EXPLAINED.some((kind) => error instanceof kind);
  exit(1, isExplained ? (error as Error).message : error instanceof Error ? String(error.stack) : String(error));
}

function exit(code: number, message: string): never {
  process.stderr.write(`${message}\n`);
  process.exit(code);
}

main().catch(fail);
