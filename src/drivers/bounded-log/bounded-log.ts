import { constants } from 'node:fs';
import { open } from 'node:fs/promises';

/** In bytes. A log that grows beyond `limit` loses its middle: how it began and how it ended are what one looks for. */
export interface LogBounds {
  readonly limit: number;
  readonly head: number;
  readonly tail: number;
}

/** The file's last bytes, whole lines of it; null where there is none. */
export async function readTail(path: string, bytes: number): Promise<string | null> {
  const file = await openIfThere(path);
  if (!file) return null;
  try {
    const { size } = await file.stat();
    const start = Math.max(0, size - bytes);
    const { buffer, bytesRead } = await file.read({ buffer: Buffer.alloc(size - start), position: start });
    const text = buffer.toString('utf8', 0, bytesRead);
    return start === 0 ? text : text.slice(text.indexOf('\n') + 1);
  } finally {
    await file.close();
  }
}

/**
 * Keeps a log that another process is appending to within its limit. The writer goes on in the same file, behind what is
 * left; a line it writes at this very moment may be lost.
 */
export async function boundLog(path: string, { limit, head, tail }: LogBounds): Promise<void> {
  const file = await openIfThere(path);
  if (!file) return;
  try {
    const { size } = await file.stat();
    if (size <= limit) return;
    const first = await file.read({ buffer: Buffer.alloc(head), position: 0 });
    const last = (await readTail(path, tail)) ?? '';
    const beginning = first.buffer.subarray(0, first.buffer.lastIndexOf(10, first.bytesRead - 1) + 1);
    await file.truncate(0);
    const note = `[... ${size - beginning.length - Buffer.byteLength(last)} bytes left out ...]\n`;
    await file.appendFile(Buffer.concat([beginning, Buffer.from(note), Buffer.from(last)]));
  } finally {
    await file.close();
  }
}

/** For reading and for appending, whoever else writes; without making it. */
async function openIfThere(path: string) {
  try {
    return await open(path, constants.O_RDWR | constants.O_APPEND);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return null;
    throw error;
  }
}
