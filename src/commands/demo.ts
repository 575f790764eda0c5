/** `npm run demo`: the whole of Slipway in one process, with switches to upgrade. */
import 'reflect-metadata';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { InvalidSettings } from '../config/settings.js';
import { EmbeddedServerError } from '../database/embedded/embedded-error.js';
import { DatabaseNotOpened } from '../database/open-database.js';
import { ApiError } from '../demo/api-client.js';
import { demoConfig } from '../demo/demo-config.js';
import { DemoRun } from '../demo/demo-run.js';
import { HELP } from '../demo/demo-text.js';
import { NotFinished } from '../demo/upgrade-run.js';
import { CannotListen } from '../server.js';

const OPTIONS = { once: { type: 'boolean', default: false }, help: { type: 'boolean', default: false } } as const;

/** Ctrl-C in a terminal reaches this process twice when npm passes it on as well; that is still one wish. */
const ECHO_MS = 1_000;
/** What closing everything may take beyond the wait for running steps. */
const CLOSING_MS = 10_000;

/** Errors whose message is all a person needs; anything else is a fault of ours and shows its stack. */
const EXPLAINED = [InvalidSettings, EmbeddedServerError, DatabaseNotOpened, CannotListen, ApiError, NotFinished];

async function main(): Promise<void> {
  const { values } = readArguments();
  if (values.help) return void process.stdout.write(HELP);
  const settings = await demoConfig();
  const demo = new DemoRun(settings, process.stdout, !values.once);
  const limitMs = settings.config.values.shutdownGrace * 1000 + CLOSING_MS;
  const isStopping = stopOnSignal(demo, values.once, limitMs);
  try {
    const problems = await demo.run();
    if (!values.once) return;
    await demo.stop();
    process.exit(problems.length === 0 ? 0 : 1);
  } catch (error) {
    // A stop ends whatever the run was waiting for.
    if (isStopping()) return;
    await demo.stop();
    throw error;
  }
}

function readArguments() {
  try {
    return parseArgs({ options: OPTIONS });
  } catch (error) {
    exit(1, `${error instanceof Error ? error.message : String(error)}\n\n${HELP}`);
  }
}

/** SIGTERM and SIGINT stop everything in good order; a second one, or the limit, at once. */
function stopOnSignal(demo: DemoRun, isOnce: boolean, limitMs: number): () => boolean {
  let askedAt: number | undefined;
  const stop = async (signal: NodeJS.Signals): Promise<void> => {
    if (askedAt !== undefined) {
      if (Date.now() - askedAt > ECHO_MS) exit(1, `the demo got a second ${signal} and stops at once`);
      return;
    }
    askedAt = Date.now();
    setTimeout(() => exit(1, `the demo did not stop within ${limitMs / 1000} s and ends now`), limitMs).unref();
    const stopped = demo.stop();
    // The bars draw themselves a last time; what is said before that would be drawn over.
    await nextTurn();
    process.stdout.write(`\n${signal}: stopping …\n`);
    await stopped;
    if (isOnce) exit(1, 'the demo was stopped before its upgrades had ended');
    process.exit(0);
  };
  for (const signal of ['SIGTERM', 'SIGINT'] as const) process.on(signal, () => void stop(signal).catch(fail));
  return () => askedAt !== undefined;
}

function fail(error: unknown): never {
  const isExplained = EXPLAINED.some((kind) => error instanceof kind);
  exit(1, isExplained ? (error as Error).message : error instanceof Error ? String(error.stack) : String(error));
}

function exit(code: number, message: string): never {
  process.stderr.write(`${message}\n`);
  process.exit(code);
}

await main().catch(fail);
