import { createHash, randomBytes } from 'node:crypto';
import {
  chmodSync,
  existsSync,
  linkSync,
  mkdirSync,
  readFileSync,
  realpathSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { EmbeddedServerError } from './embedded-error.js';
import { mayEnter, type ServerAccount } from './server-account.js';
import { makeReadableFolder } from './server-files.js';

/** Where everything of the embedded server is. `data` is PostgreSQL's alone; `folder` and the rest are ours. */
export interface DataPlace {
  readonly folder: string;
  readonly data: string;
  readonly logFile: string;
  readonly portFile: string;
  readonly passwordFile: string;
  /** Who runs the server; `undefined`: this process's own user. */
  readonly account: ServerAccount | undefined;
}

const POINTER = 'postgres-location';

/**
 * The database is in the data directory, unless the account that must run it cannot go there (we are root and the
 * directory lies below one of mode 0700): then it is under `systemFolder`, and a file in the data directory says where.
 */
export function findPlace(dataDir: string, systemFolder: string, account: ServerAccount | undefined): DataPlace {
  makeReadableFolder(dataDir);
  const root = realpathSync(dataDir);
  const folder = chooseFolder(root, systemFolder, account);
  const data = join(folder, 'data');
  return {
    folder,
    data,
    logFile: join(folder, 'postgres.log'),
    portFile: join(folder, 'port'),
    passwordFile: join(root, 'postgres-password'),
    account: account && (ownerOf(data) ?? account),
  };
}

function chooseFolder(root: string, systemFolder: string, account: ServerAccount | undefined): string {
  const moved = readPointer(root);
  if (moved !== undefined) return moved;
  const own = join(root, 'postgres');
  if (!account) {
    mkdirSync(own, { recursive: true, mode: 0o700 });
    const { uid } = statSync(own);
    if (uid === process.getuid?.()) return own;
    throw new EmbeddedServerError(
      `the database in ${own} belongs to another user (uid ${uid}): start Slipway as that user`,
    );
  }
  makeReadableFolder(own);
  const runsAs = ownerOf(join(own, 'data')) ?? account;
  if (mayEnter(runsAs, own)) return own;
  if (existsSync(join(own, 'data'))) {
    throw new EmbeddedServerError(
      `the database is in ${own}, but a folder above it is closed to the user that runs PostgreSQL (uid ${runsAs.uid}): ` +
        'open that folder again (chmod o+x), or start Slipway as the user it belongs to',
    );
  }
  return moveAway(root, systemFolder, account);
}

/** Where a data directory's database was moved to, if it was. */
export function movedTo(dataDir: string): string | undefined {
  const pointer = join(dataDir, POINTER);
  return existsSync(pointer) ? readFileSync(pointer, 'utf8').trim() : undefined;
}

function readPointer(root: string): string | undefined {
  const folder = movedTo(root);
  if (folder === undefined || existsSync(folder)) return folder;
  throw new EmbeddedServerError(
    `${join(root, POINTER)} says the database is in ${folder}, which is not there: restore that folder, ` +
      'or delete the file to start with an empty database',
  );
}

/** A new folder each time: a deleted clone's database must not be taken for that of a new clone at the same path. */
function moveAway(root: string, systemFolder: string, account: ServerAccount): string {
  makeReadableFolder(systemFolder);
  const digest = createHash('sha256').update(root).digest('hex').slice(0, 12);
  const folder = join(systemFolder, `${digest}-${randomBytes(3).toString('hex')}`);
  mkdirSync(folder);
  chmodSync(folder, 0o755);
  if (!mayEnter(account, folder)) {
    rmSync(folder, { recursive: true });
    throw new EmbeddedServerError(
      `neither ${root} nor ${systemFolder} can be entered by the user that would run PostgreSQL (uid ${account.uid}): ` +
        'set SLIPWAY_DATA_DIR to a folder it can enter, or set DATABASE_URL',
    );
  }
  writeFileSync(join(folder, 'belongs-to'), `${root}\n`);
  return point(root, folder);
}

/** The first of several processes that start at once decides. */
function point(root: string, folder: string): string {
  const draft = join(root, `${POINTER}.${process.pid}`);
  writeFileSync(draft, `${folder}\n`);
  try {
    linkSync(draft, join(root, POINTER));
    return folder;
  } catch (error) {
    rmSync(folder, { recursive: true });
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
    return readPointer(root) ?? folder;
  } finally {
    rmSync(draft, { force: true });
  }
}

/** Whoever the data belong to runs the server, also when it was started as an ordinary user before. */
function ownerOf(data: string): ServerAccount | undefined {
  const found = statSync(data, { throwIfNoEntry: false });
  return found && found.uid !== 0 ? { uid: found.uid, gid: found.gid } : undefined;
}
