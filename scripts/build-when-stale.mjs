import { spawnSync } from 'node:child_process';
import { mkdirSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

const ROOT = join(import.meta.dirname, '..');
const STAMP = join(ROOT, 'dist', '.built-at');
const LOCK = join(ROOT, 'node_modules', '.slipway-build-lock');
const SOURCES = ['src', 'package.json', 'nest-cli.json', 'tsconfig.json', 'tsconfig.build.json', 'ormconfig.ts'];

/** Builds `dist` unless it is newer than all it is made from. Two processes that start together build once. */
export async function buildWhenStale() {
  if (!isStale()) return;
  await lock();
  try {
    if (isStale()) build();
  } finally {
    rmSync(LOCK, { recursive: true, force: true });
  }
}

function build() {
  process.stderr.write('building …\n');
  const startedAt = Date.now();
  const nest = join(ROOT, 'node_modules', '@nestjs', 'cli', 'bin', 'nest.js');
  const done = spawnSync(process.execPath, [nest, 'build'], { cwd: ROOT, encoding: 'utf8' });
  if (done.status !== 0) {
    throw new Error(`the build failed:\n${done.stdout ?? ''}${done.stderr ?? ''}${done.error?.message ?? ''}`);
  }
  // What was saved while the compiler ran is not in this build.
  writeFileSync(STAMP, String(startedAt));
}

function isStale() {
  const builtAt = readNumber(STAMP);
  return builtAt === undefined || SOURCES.some((name) => newest(join(ROOT, name)) >= builtAt);
}

function newest(path) {
  const about = statSync(path);
  if (!about.isDirectory()) return about.mtimeMs;
  return readdirSync(path).reduce((latest, name) => Math.max(latest, newest(join(path, name))), about.mtimeMs);
}

/** A directory is made by one process only; a lock whose owner is gone is taken over. */
async function lock() {
  for (;;) {
    try {
      mkdirSync(LOCK);
      writeFileSync(join(LOCK, 'pid'), String(process.pid));
      return;
    } catch (error) {
      if (error.code !== 'EEXIST') throw error;
    }
    const owner = readNumber(join(LOCK, 'pid'));
    const isAbandoned = owner === undefined ? ageOf(LOCK) > 10_000 : !isAlive(owner);
    if (isAbandoned) rmSync(LOCK, { recursive: true, force: true });
    else await sleep(200);
  }
}

function readNumber(path) {
  try {
    const number = Number(readFileSync(path, 'utf8'));
    return number > 0 ? number : undefined;
  } catch (error) {
    if (error.code !== 'ENOENT') throw error;
    return undefined;
  }
}

function ageOf(path) {
  try {
    return Date.now() - statSync(path).mtimeMs;
  } catch {
    return 0;
  }
}

function isAlive(pid) {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return error.code === 'EPERM';
  }
}
