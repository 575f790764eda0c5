import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import type { Owner } from './archive.js';

const run = promisify(execFile);
/** The number of `nobody` by convention, for a system that does not tell. */
const NOBODY = 65_534;

/** Whom local servers run as: `nobody` when we are root, otherwise ourselves, since only root can choose. */
export async function lowPrivilegeAccount(): Promise<Owner> {
  if (process.getuid?.() !== 0) return null;
  return { uid: await numberOf('-u'), gid: await numberOf('-g') };
}

async function numberOf(flag: '-u' | '-g'): Promise<number> {
  const answer = await run('id', [flag, 'nobody']).catch(() => null);
  const found = Number(answer?.stdout.trim());
  return Number.isInteger(found) && found > 0 ? found : NOBODY;
}
