import { createHash, type Hash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { stat } from 'node:fs/promises';
import { PoolError, type PoolIo } from '../pool/pool-provider.js';

/** A store may take its time to settle a large file after the last byte. */
const SETTLE_MS = 300_000;

/** A file on its way to an image store: read as it is taken, so that no part of it larger than a buffer is in memory. */
export interface ImageFile {
  readonly size: number;
  /** Of what the last `send` sent. */
  md5(): string;
  read(): AsyncIterable<Buffer>;
  /** A new reading from the start, with a signal that aborts when nobody takes any of it for a while. */
  send(): {
    readonly file: { readonly body: ReadableStream<Uint8Array>; readonly length: number };
    readonly signal: AbortSignal;
  };
}

export async function openImageFile(path: string, stallMs: number, io: PoolIo | null): Promise<ImageFile> {
  const found = await stat(path).catch(() => null);
  if (!found?.isFile()) throw new PoolError('bad_request', `The image file ${path} is not there`);
  const { size } = found;
  let hash: Hash;
  return {
    size,
    md5: () => hash.copy().digest('hex'),
    read: () => createReadStream(path) as AsyncIterable<Buffer>,
    send: () => {
      hash = createHash('md5');
      const watch = new StallWatch(stallMs);
      const chunks = watched(createReadStream(path, { highWaterMark: 256 * 1024 }), hash, size, watch, io);
      return { file: { body: ReadableStream.from(chunks), length: size }, signal: watch.signal };
    },
  };
}

async function* watched(
  source: AsyncIterable<Buffer>,
  hash: Hash,
  size: number,
  watch: StallWatch,
  io: PoolIo | null,
): AsyncGenerator<Buffer> {
  let done = 0;
  try {
    for await (const chunk of source) {
      hash.update(chunk);
      done += chunk.length;
      watch.start(`nobody took the file's next bytes`);
      yield chunk;
      io?.progress(done, size);
    }
    watch.start('no answer after the file was sent', SETTLE_MS);
  } catch (error) {
    watch.stop();
    throw error;
  }
}

class StallWatch {
  private readonly controller = new AbortController();
  private timer: NodeJS.Timeout | undefined;

  constructor(private readonly afterMs: number) {}

  get signal(): AbortSignal {
    return this.controller.signal;
  }

  start(what: string, atLeastMs = 0): void {
    this.stop();
    const afterMs = Math.max(this.afterMs, atLeastMs);
    this.timer = setTimeout(() => {
      this.controller.abort(new PoolError('unavailable', `${what} for ${afterMs / 1000} s`));
    }, afterMs).unref();
  }

  stop(): void {
    clearTimeout(this.timer);
  }
}
