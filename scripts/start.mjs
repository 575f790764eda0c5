/**
 * `npm start`, and with a name one of the commands: builds when there is something to build, then runs it in this very
 * process, so that signals and the exit code need no passing on.
 */
import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { buildWhenStale } from './build-when-stale.mjs';

const BUILT = join(import.meta.dirname, '..', 'dist', 'src');

function entryOf(name) {
  if (name === undefined) return join(BUILT, 'main.js');
  const entry = join(BUILT, 'commands', `${name}.js`);
  if (/^[a-z][a-z-]*$/.test(name) && existsSync(entry)) return entry;
  const known = readdirSync(join(BUILT, 'commands')).flatMap((file) => /^([a-z-]+)\.js$/.exec(file)?.[1] ?? []);
  throw new Error(`there is no command "${name}"; there are: ${known.join(', ')}`);
}

try {
  const given = process.argv.slice(2);
  const isNamed = given[0] !== undefined && !given[0].startsWith('-');
  await buildWhenStale();
  const entry = entryOf(isNamed ? given[0] : undefined);
  process.argv = [process.argv[0], entry, ...given.slice(isNamed ? 1 : 0)];
  process.setSourceMapsEnabled(true);
  await import(pathToFileURL(entry));
} catch (error) {
  console.error(error instanceof Error ? error.message : error);
  process.exitCode = 1;
}
