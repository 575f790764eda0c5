import { spawn } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { open } from 'node:fs/promises';
import { removeAll, scratchPath } from '../../durable-files/durable-files.js';
import { PoolError } from '../pool-provider.js';
import type { Owner } from './archive.js';

/**
 * Packs a server's folder into a new file in `directory`. As the server's own user: it may move its files about while they
 * are read, and must not get at any that it could not read itself.
 */
export async function packFolder(root: string, directory: string, owner: Owner, signal: AbortSignal): Promise<string> {
  const path = await scratchPath(directory, randomUUID());
  const file = await open(path, 'wx', 0o600);
  try {
    const { code, said } = await runTar(root, file.fd, owner, signal);
    // 1: a file changed while it was read, which a running server's do.
    if (code === 0 || code === 1) return path;
    throw new PoolError('unavailable', `tar ended with code ${code}: ${said.trim().slice(0, 500)}`);
  } catch (error) {
    await removeAll(path);
    throw error;
  } finally {
    await file.close();
  }
}

function runTar(root: string, output: number, owner: Owner, signal: AbortSignal) {
  return new Promise<{ code: number | null; said: string }>((resolve, reject) => {
    const child = spawn('tar', ['-cf', '-', '.'], {
      cwd: root,
      env: { PATH: '/usr/local/bin:/usr/bin:/bin', LC_ALL: 'C' },
      stdio: ['ignore', output, 'pipe'],
      signal,
      ...(owner ?? {}),
    });
    let said = '';
    child.stderr?.on('data', (chunk: Buffer) => (said = (said + chunk.toString()).slice(-2000)));
    child.once('error', (error) =>
      reject(new PoolError(signal.aborted ? 'aborted' : 'unavailable', `tar: ${error.message}`, null, error)),
    );
    child.once('close', (code) => resolve({ code, said }));
  });
}
