import { chmodSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

/** Where a user logged in, and with what. The file can be read by that user only. */
export interface SavedLogin {
  readonly url: string;
  readonly token: string;
}

const fileIn = (folder: string): string => join(folder, 'login.json');

/** Null where nobody logged in, or the file is not one of ours. */
export function readLogin(folder: string): SavedLogin | null {
  try {
    const { url, token } = JSON.parse(readFileSync(fileIn(folder), 'utf8')) as Partial<SavedLogin>;
    return typeof url === 'string' && typeof token === 'string' ? { url, token } : null;
  } catch {
    return null;
  }
}

export function saveLogin(folder: string, login: SavedLogin): string {
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  const path = fileIn(folder);
  // Written aside: a token must not stand in a file that others may read, not even for a moment.
  const aside = `${path}.${process.pid}`;
  writeFileSync(aside, `${JSON.stringify({ url: login.url, token: login.token }, null, 2)}\n`, { mode: 0o600 });
  chmodSync(aside, 0o600);
  renameSync(aside, path);
  return path;
}

export function forgetLogin(folder: string): void {
  rmSync(fileIn(folder), { force: true });
}
