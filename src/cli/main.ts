import { readFileSync } from 'node:fs';
import { runCli } from './program.js';

const stop = new AbortController();
for (const [name, number] of [
  ['SIGINT', 2],
  ['SIGTERM', 15],
] as const) {
  process.once(name, () => {
    stop.abort(new Error('stopped; the batch goes on'));
    // As a shell counts a process that a signal ended; none of our own codes.
    process.exitCode = 128 + number;
  });
}
// The reader of a pipe went away (`slipway logs 7 | head`): nothing is left to be said.
process.stdout.on('error', (error: NodeJS.ErrnoException) => process.exit(error.code === 'EPIPE' ? 0 : 1));

const code = await runCli(
  process.argv.slice(2),
  versionOf(),
  { out: process.stdout, err: process.stderr, in: process.stdin },
  stop.signal,
);
process.exitCode ??= code;

/** The package's, from the sources as from what is built of them. */
function versionOf(): string {
  for (const up of ['../..', '../../..']) {
    try {
      const manifest = JSON.parse(readFileSync(new URL(`${up}/package.json`, import.meta.url), 'utf8')) as {
        version: string;
      };
      return manifest.version;
    } catch {
      continue;
    }
  }
  return 'unknown';
}
