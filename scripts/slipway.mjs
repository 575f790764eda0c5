#!/usr/bin/env node
/**
 * `npx slipway`: the command line, from what is built. It builds only where nothing was built yet: a server may be running
 * from the rest.
 */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { buildWhenStale } from './build-when-stale.mjs';

const ENTRY = join(import.meta.dirname, '..', 'dist', 'src', 'cli', 'main.js');

try {
  if (!existsSync(ENTRY)) await buildWhenStale();
} catch (error) {
  console.error(`slipway: ${error instanceof Error ? error.message : error}`);
  // Nothing was asked of a server, so nothing has failed there.
  process.exit(2);
}
await import(pathToFileURL(ENTRY));
