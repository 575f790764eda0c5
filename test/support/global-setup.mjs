import './typescript.mjs';
import { compileSource } from './compiled-source.mjs';

/** One embedded PostgreSQL for the whole run, with a migrated template that every spec file gets a clone of. */
export default async function globalSetup() {
  const { startTestServer } = await import('./test-server.ts');
  [globalThis.slipwayTestServer, globalThis.slipwayTestSource] = await Promise.all([
    startTestServer(),
    compileSource(),
  ]);
  process.env.SLIPWAY_TEST_SOURCE = globalThis.slipwayTestSource.folder;
}
