import { open } from 'node:fs/promises';
import type { DibBuild } from '../dib-build.entity.js';

/** The end of a log is what says why; a whole one may be hundreds of megabytes. */
const LONGEST_LOG = 4 * 1024 * 1024;

/** The build's log from its file, else the end of it that the database keeps; null when nothing was logged. */
export async function readBuildLog(build: DibBuild): Promise<string | null> {
  const text = build.logPath === null ? null : await readEnd(build.logPath);
  return text ?? build.logTail ?? build.error;
}

async function readEnd(path: string): Promise<string | null> {
  try {
    const file = await open(path, 'r');
    try {
      const { size } = await file.stat();
      const length = Math.min(size, LONGEST_LOG);
      const { buffer, bytesRead } = await file.read(Buffer.alloc(length), 0, length, size - length);
      const text = buffer.toString('utf8', 0, bytesRead);
      // Whole lines: the end of a secret would not be known for one.
      return length < size ? text.slice(text.indexOf('\n') + 1) : text;
    } finally {
      await file.close();
    }
  } catch {
    // It is on the machine that built, or was cleaned away.
    return null;
  }
}
