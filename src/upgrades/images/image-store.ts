import { createHash, randomUUID } from 'node:crypto';
import { createWriteStream } from 'node:fs';
import { mkdir, open, readdir, rename, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { Transform, type Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { Injectable, type OnApplicationBootstrap } from '@nestjs/common';
import { Config } from '../../config/config.js';

/** A received file that is not an image yet: nothing refers to it, so it may be dropped at any time. */
export interface ReceivedFile {
  /** Folder it lies in, and will once it is kept. */
  readonly key: string;
  readonly sizeBytes: number;
  readonly md5: string;
  readonly sha256: string;
  readonly sha512: string;
}

const PART = 'upload.part';
/** An upload that has not grown for so long has lost its process. */
const ABANDONED_MS = 24 * 60 * 60 * 1000;

/**
 * The files of images, each in a folder of its own below the data directory. A file under its own name is whole and on
 * the disk; anything else is an upload in progress.
 */
@Injectable()
export class ImageStore implements OnApplicationBootstrap {
  private readonly root: string;

  constructor(config: Config) {
    this.root = join(config.dataDir, 'images');
  }

  async onApplicationBootstrap(): Promise<void> {
    await this.removeAbandoned(new Date());
  }

  pathOf(key: string, filename: string): string {
    return join(this.root, key, filename);
  }

  /** Writes a stream to the disk and hashes it on the way, with back pressure; leaves nothing behind when it fails. */
  async receive(source: Readable, signal?: AbortSignal): Promise<ReceivedFile> {
    const key = randomUUID();
    await mkdir(join(this.root, key), { recursive: true, mode: 0o755 });
    const part = this.pathOf(key, PART);
    const meter = new HashingMeter();
    try {
      // `flush` calls fsync before the stream closes: a kept image survives a power cut.
      await pipeline(source, meter, createWriteStream(part, { flush: true, mode: 0o644, highWaterMark: 1 << 20 }), {
        signal,
      });
    } catch (error) {
      await this.remove(key);
      throw error;
    }
    return { key, ...meter.result() };
  }

  /** Gives a received file its name; from then on it is an image's. */
  async keep(key: string, filename: string): Promise<void> {
    await rename(this.pathOf(key, PART), this.pathOf(key, filename));
    const folder = await open(join(this.root, key));
    try {
      await folder.sync();
    } finally {
      await folder.close();
    }
  }

  async remove(key: string): Promise<void> {
    await rm(join(this.root, key), { recursive: true, force: true });
  }

  /** Removes uploads that a killed process left. */
  async removeAbandoned(now: Date): Promise<number> {
    let removed = 0;
    for (const key of await readdir(this.root).catch(() => [])) {
      const part = await stat(this.pathOf(key, PART)).catch(() => null);
      if (part === null || now.getTime() - part.mtimeMs < ABANDONED_MS) continue;
      await this.remove(key);
      removed += 1;
    }
    return removed;
  }
}

class HashingMeter extends Transform {
  private readonly hashes = { md5: createHash('md5'), sha256: createHash('sha256'), sha512: createHash('sha512') };
  private bytes = 0;

  override _transform(chunk: Buffer, _encoding: string, done: (error: null, chunk: Buffer) => void): void {
    this.bytes += chunk.length;
    for (const hash of Object.values(this.hashes)) hash.update(chunk);
    done(null, chunk);
  }

  result(): Omit<ReceivedFile, 'key'> {
    const { md5, sha256, sha512 } = this.hashes;
    return {
      sizeBytes: this.bytes,
      md5: md5.digest('hex'),
      sha256: sha256.digest('hex'),
      sha512: sha512.digest('hex'),
    };
  }
}
