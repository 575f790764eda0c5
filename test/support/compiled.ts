import { join } from 'node:path';

/** A file of `src` as the run's global set-up has compiled it: `compiled('main.js')`. */
export function compiled(path: string): string {
  const source = process.env['SLIPWAY_TEST_SOURCE'];
  if (source === undefined) throw new Error('no compiled source: run this spec in the "database" project');
  return join(source, 'src', path);
}
