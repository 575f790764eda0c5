import { open, readdir, rename, rm } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { isAlive, ownIdentity } from '../supervised/process-table.js';

/**
 * A name for something unfinished in a folder. It says whose it is, so that what a killed process left can be told from
 * what another one is working on.
 */
export async function scratchPath(folder: string, label: string): Promise<string> {
  const { pid, startTicks, bootId } = await ownIdentity();
  return join(folder, `.${label}.${pid}.${startTicks}.${bootId}.scratch`);
}

/** Removes what processes that are gone left unfinished. */
export async function sweepScratch(folder: string): Promise<void> {
  for (const name of await readdir(folder).catch(() => [])) {
    const [, pid, startTicks, bootId] = /\.(\d+)\.(\d+)\.([0-9a-f-]+)\.scratch$/.exec(name) ?? [];
    if (pid === undefined || startTicks === undefined || bootId === undefined) continue;
    if (!(await isAlive({ pid: Number(pid), startTicks, bootId }))) await removeAll(join(folder, name));
  }
}

/** Writes a small file so that after a crash there is the old one or the new one, whole. */
export async function writeDurably(path: string, text: string, mode = 0o600): Promise<void> {
  const draft = await scratchPath(dirname(path), basename(path));
  const file = await open(draft, 'w', mode);
  try {
    await file.writeFile(text);
    await file.sync();
  } finally {
    await file.close();
  }
  await moveDurably(draft, path);
}

/** Puts a finished file, already on disk, in its place; the name is on disk when this returns. */
export async function moveDurably(from: string, to: string): Promise<void> {
  await rename(from, to);
  await syncPath(dirname(to));
}

export async function syncPath(path: string): Promise<void> {
  const file = await open(path, 'r');
  try {
    await file.sync();
  } finally {
    await file.close();
  }
}

/** Also when it is not there; folders with all they hold. */
export async function removeAll(path: string): Promise<void> {
  await rm(path, { recursive: true, force: true, maxRetries: 5, retryDelay: 50 });
}
