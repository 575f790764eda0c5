import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { EmbeddedServerError } from './embedded-error.js';

/** Whom the server runs as, when that is not us. */
export interface ServerAccount {
  readonly uid: number;
  readonly gid: number;
}

/** Accounts without rights that a system is likely to have, the best first. */
const CANDIDATES = ['postgres', 'nobody', 'daemon'];

/** PostgreSQL refuses to run as root: then this is an account without rights, otherwise `undefined` (as ourselves). */
export function serverAccount(): ServerAccount | undefined {
  if (process.getuid?.() !== 0) return undefined;
  for (const name of CANDIDATES) {
    const account = lookUp(name);
    if (account) return account;
  }
  spawnSync('useradd', ['--system', '--no-create-home', '--shell', '/bin/false', 'postgres'], { stdio: 'ignore' });
  const created = lookUp('postgres');
  if (created) return created;
  throw new EmbeddedServerError(
    'PostgreSQL does not run as root, and there is no account without rights to run it as: ' +
      'create a user named postgres, start Slipway as an ordinary user, or set DATABASE_URL',
  );
}

function lookUp(name: string): ServerAccount | undefined {
  const local = /^[^:]*:[^:]*:(\d+):(\d+):/.exec(passwdLine(name));
  if (local) return { uid: Number(local[1]), gid: Number(local[2]) };
  // Not a local account, or a system that keeps them elsewhere (macOS).
  const [uid, gid] = ['-u', '-g'].map((flag) => {
    const { status, stdout } = spawnSync('id', [flag, name], { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] });
    return status === 0 ? Number(stdout.trim()) : Number.NaN;
  });
  return uid !== undefined && gid !== undefined && uid > 0 && gid >= 0 ? { uid, gid } : undefined;
}

function passwdLine(name: string): string {
  if (!existsSync('/etc/passwd')) return '';
  const lines = readFileSync('/etc/passwd', 'utf8').split('\n');
  return lines.find((line) => line.startsWith(`${name}:`)) ?? '';
}

/** Can this account walk to the folder? Asked of the system itself: modes alone say nothing about ACLs. */
export function mayEnter(account: ServerAccount | undefined, folder: string): boolean {
  const { status } = spawnSync('/bin/sh', ['-c', 'cd "$1"', 'sh', folder], { ...account, cwd: '/', stdio: 'ignore' });
  return status === 0;
}
