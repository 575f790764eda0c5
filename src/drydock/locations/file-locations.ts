import { constants } from 'node:fs';
import { type FileHandle, lstat, open, realpath } from 'node:fs/promises';
import { sep } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { locationFailure } from './location-failure.js';

/** One sentence for a file that is not there and one that is not to be read: nobody learns which files there are. */
const REFUSED = 'the file is not there, or not below DRYDOCK_DESIGN_ROOTS';
/** A pipe would keep us waiting, and a link may lead anywhere. */
const FLAGS = constants.O_RDONLY | constants.O_NONBLOCK | constants.O_NOFOLLOW;

/** Reads files below the configured roots and no others, whatever links and dots a path holds. Acts. */
export class FileLocations {
  constructor(
    private readonly roots: readonly string[],
    private readonly mostBytes: number,
  ) {}

  /** Throws `ActionError`. */
  async read(url: URL, signal: AbortSignal): Promise<Buffer> {
    const path = await this.allowedPath(url);
    if (path === null) throw locationFailure('location_refused', REFUSED);
    signal.throwIfAborted();
    const file = await open(path, FLAGS).catch(() => null);
    if (file === null) throw locationFailure('location_refused', REFUSED);
    try {
      return await this.content(file, path, signal);
    } finally {
      await file.close();
    }
  }

  private async allowedPath(url: URL): Promise<string | null> {
    try {
      const path = await realpath(fileURLToPath(url));
      const roots = await Promise.all(this.roots.map((root) => realpath(root).catch(() => null)));
      const isBelow = roots.some(
        (root) => root !== null && path.startsWith(root.endsWith(sep) ? root : `${root}${sep}`),
      );
      return isBelow ? path : null;
    } catch {
      return null;
    }
  }

  private async content(file: FileHandle, path: string, signal: AbortSignal): Promise<Buffer> {
    const opened = await file.stat({ bigint: true });
    // Between the look at its path and its opening a folder may have become a link.
    const seen = await lstat(await realpath(path), { bigint: true });
    const isSame =
      opened.ino === seen.ino && opened.dev === seen.dev && (await this.allowedPath(pathToFileURL(path))) === path;
    if (!opened.isFile() || !isSame) throw locationFailure('location_refused', REFUSED);
    if (opened.size > BigInt(this.mostBytes)) throw this.tooLarge();
    const chunks: Buffer[] = [];
    let size = 0;
    for await (const chunk of file.createReadStream({ autoClose: false, signal }) as AsyncIterable<Buffer>) {
      size += chunk.length;
      if (size > this.mostBytes) throw this.tooLarge();
      chunks.push(chunk);
    }
    return Buffer.concat(chunks);
  }

  private tooLarge(): Error {
    return locationFailure('location_too_large', `the file is longer than ${this.mostBytes} bytes`);
  }
}
