import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { once } from 'node:events';
import { extract, list, type Parser, type ReadEntry } from 'tar';
import { PoolError, type PoolIo } from '../pool-provider.js';
import { isTopLevel, whyRefused } from './archive-entry.js';

/** Whom what is unpacked belongs to; null: whoever we are. */
export type Owner = { readonly uid: number; readonly gid: number } | null;

/** What is done with each piece of the archive besides reading it. */
type Tap = (chunk: Buffer, done: number) => Promise<void> | void;

/** Reads an image through once and refuses one that could not be started. Returns its hash. */
export function readArchive(file: string, io: PoolIo, tap: Tap): Promise<string> {
  const judgement = new Judgement();
  const parser = list({ strict: true, onReadEntry: (entry) => judgement.accepts(entry) });
  return feed(file, parser, judgement, io, tap);
}

/** Unpacks an image into an empty folder. Returns the hash of what was read; on any error the folder is to be removed. */
export function unpackArchive(file: string, folder: string, owner: Owner, io: PoolIo): Promise<string> {
  const judgement = new Judgement();
  const unpack = extract({
    cwd: folder,
    strict: true,
    filter: (_path, entry) => judgement.accepts(entry as ReadEntry),
    // Never the archive's own numbers: they mean somebody else on this machine.
    ...(owner ? { uid: owner.uid, gid: owner.gid } : { preserveOwner: false }),
  });
  return feed(file, unpack, judgement, io, () => undefined);
}

/** Remembers the first reason against an archive: the library is only told to leave the entry out. */
class Judgement {
  refusal: string | null = null;
  private hasInit = false;

  accepts(entry: Pick<ReadEntry, 'path' | 'type' | 'linkpath' | 'mode'>): boolean {
    if (isTopLevel(entry, 'init') && /File$/.test(entry.type)) this.hasInit = ((entry.mode ?? 0) & 0o111) !== 0;
    this.refusal ??= whyRefused(entry);
    return this.refusal === null;
  }

  settle(): void {
    if (this.refusal !== null) throw new PoolError('bad_request', `The image was refused: ${this.refusal}`);
  }

  settleAll(): void {
    this.settle();
    if (!this.hasInit) throw new PoolError('bad_request', 'The image has no executable "init" at its root');
  }
}

async function feed(file: string, into: Parser, judgement: Judgement, io: PoolIo, tap: Tap): Promise<string> {
  const hash = createHash('sha256');
  let done = 0;
  let failure: unknown = null;
  into.on('error', (error: unknown) => (failure ??= error));
  const ended = new Promise<void>((resolve) => into.on('close', resolve).on('error', () => resolve()));
  const source = createReadStream(file, { highWaterMark: 256 * 1024 });
  try {
    for await (const chunk of source as AsyncIterable<Buffer>) {
      if (io.signal.aborted) throw new PoolError('aborted', 'Stopped while reading the image');
      hash.update(chunk);
      done += chunk.length;
      await tap(chunk, done);
      const hasRoom = into.write(chunk);
      judgement.settle();
      if (failure) throw failure;
      if (!hasRoom) await Promise.race([once(into, 'drain'), ended]);
    }
    into.end();
    await ended;
    judgement.settle();
    if (failure) throw failure;
    judgement.settleAll();
  } catch (error) {
    throw toPoolError(error);
  } finally {
    source.destroy();
  }
  return hash.digest('hex');
}

function toPoolError(error: unknown): PoolError {
  if (error instanceof PoolError) return error;
  const { code, message } = error as NodeJS.ErrnoException;
  // Only a full disk may get better by itself.
  if (code === 'ENOSPC' || code === 'EDQUOT') return new PoolError('unavailable', message, null, error);
  return new PoolError('bad_request', `The image cannot be used: ${message}`, null, error);
}
