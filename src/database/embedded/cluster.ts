import { spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import {
  chownSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { readOrCreateSecretFile, readSecretFile } from '../../config/secret-file.js';
import type { DataPlace } from './data-place.js';
import { EmbeddedServerError } from './embedded-error.js';
import type { ServerFiles } from './server-files.js';

export const DATABASE_USER = 'slipway';

/**
 * Makes sure there is a database cluster these server files can open, and returns its password. A new one is made
 * aside and renamed into place whole, so that neither a kill nor a second process leaves half of one.
 */
export async function provideCluster(files: ServerFiles, place: DataPlace): Promise<string> {
  clearDrafts(place.folder);
  if (!existsSync(place.data)) {
    const password = readOrCreateSecretFile(place.passwordFile);
    await makeCluster(files, place, password);
    return password;
  }
  checkVersion(files, place.data);
  const password = readSecretFile(place.passwordFile);
  if (password !== undefined) return password;
  throw new EmbeddedServerError(
    `the database in ${place.folder} needs its password file ${place.passwordFile}: restore it`,
  );
}

async function makeCluster(files: ServerFiles, place: DataPlace, password: string): Promise<void> {
  const draft = join(place.folder, `init-${process.pid}-${randomBytes(3).toString('hex')}`);
  const passwordCopy = `${draft}.password`;
  try {
    mkdirSync(draft, { mode: 0o700 });
    writeFileSync(passwordCopy, password, { mode: 0o600, flag: 'wx' });
    if (place.account) {
      for (const path of [draft, passwordCopy]) chownSync(path, place.account.uid, place.account.gid);
    }
    await runInitdb(files, place, [`--pgdata=${draft}`, `--pwfile=${passwordCopy}`]);
    moveIntoPlace(draft, place.data);
  } finally {
    rmSync(passwordCopy, { force: true });
    rmSync(draft, { recursive: true, force: true });
  }
}

function runInitdb(files: ServerFiles, place: DataPlace, paths: string[]): Promise<void> {
  const child = spawn(
    files.initdb,
    [
      ...paths,
      `--username=${DATABASE_USER}`,
      '--auth=scram-sha-256',
      '--encoding=UTF8',
      '--locale-provider=builtin',
      '--locale=C.UTF-8',
      '--lc-messages=C',
      '--no-instructions',
    ],
    { ...place.account, cwd: '/', env: { LC_ALL: 'C', TZ: 'UTC' }, stdio: ['ignore', 'pipe', 'pipe'] },
  );
  const said: Buffer[] = [];
  child.stdout.on('data', (chunk: Buffer) => said.push(chunk));
  child.stderr.on('data', (chunk: Buffer) => said.push(chunk));
  return new Promise((resolve, reject) => {
    child.on('error', reject);
    child.on('close', (code) => {
      if (code === 0) return resolve();
      const text = Buffer.concat(said).toString('utf8').trim().split('\n').slice(-5).join('\n');
      reject(new EmbeddedServerError(`the embedded database could not be created in ${place.folder}:\n${text}`));
    });
  });
}

/** Renaming onto a folder with content fails: then another process was first, and its cluster is the one. */
function moveIntoPlace(draft: string, data: string): void {
  try {
    renameSync(draft, data);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code !== 'ENOTEMPTY' && code !== 'EEXIST') throw error;
  }
}

function checkVersion(files: ServerFiles, data: string): void {
  const file = join(data, 'PG_VERSION');
  if (!existsSync(file)) {
    throw new EmbeddedServerError(
      `${data} is not a PostgreSQL data directory (no PG_VERSION); move it away to start empty`,
    );
  }
  const version = readFileSync(file, 'utf8').trim();
  if (version === files.majorVersion) return;
  throw new EmbeddedServerError(
    `the database in ${data} was made by PostgreSQL ${version}, and this Slipway brings PostgreSQL ${files.majorVersion}: ` +
      `nothing was changed. Start the earlier Slipway and dump it (pg_dump), or use a PostgreSQL ${version} with DATABASE_URL`,
  );
}

/** What a killed first start left behind. */
function clearDrafts(folder: string): void {
  for (const name of readdirSync(folder)) {
    const pid = /^init-(\d+)-/.exec(name)?.[1];
    if (pid !== undefined && !isAlive(Number(pid))) rmSync(join(folder, name), { recursive: true, force: true });
  }
}

export function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}
