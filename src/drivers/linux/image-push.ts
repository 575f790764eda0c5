import { createHash } from 'node:crypto';
import type { Readable } from 'node:stream';
import { DriverError } from '../device-driver.js';
import type { DeviceImage, DriverIo } from '../device-driver.js';
import { SftpRefused } from '../ssh/sftp-client.js';
import type { SftpClient } from '../ssh/sftp-client.js';
import { megabytes } from './host-facts.js';
import { withEntry } from './image-manifest.js';
import { HASH_ALGORITHMS } from './linux-host.js';
import type { HashAlgorithm, LinuxHost } from './linux-host.js';
import { quote } from './shell-text.js';

/**
 * Writes of 64 KiB under way at once. Measured to OpenSSH 9.2 with 20 ms of delay: 1 gives 3 MiB/s, 8 give 16, 32 give
 * 34, 128 give 30 (the SSH window of 2 MiB is full, the rest queues in this process); the library's fastPut gives 27.
 */
const WRITES_IN_FLIGHT = 32;
const SFTP_FAILURE = 4;

/** Brings an image to a host: resumes what an earlier try left, then checks size and hash there (spec section 3.3). */
export class ImagePush {
  constructor(
    private readonly host: LinuxHost,
    private readonly io: DriverIo,
    private readonly image: DeviceImage,
  ) {}

  /** Is the file there, whole and with the right hash? */
  async isThere(): Promise<boolean> {
    return this.isVerified(await this.host.pathOf(this.image.filename));
  }

  async run(): Promise<void> {
    const { image, io } = this;
    await this.host.ensureDirectory();
    if (await this.isThere()) {
      io.log(`${image.filename} is already there and verified`);
      await this.remember('found');
    } else {
      await this.push();
    }
    io.progress(image.sizeBytes, image.sizeBytes);
  }

  private async push(): Promise<void> {
    const { image, io, host } = this;
    const path = await host.pathOf(image.filename);
    const partial = `${path}.part`;
    const start = await this.resumeOffset(partial);
    await this.assertSpace(image.sizeBytes - start);
    await this.remember('pushed');
    io.log(
      start === 0
        ? `Copying ${image.filename} (${megabytes(image.sizeBytes)})`
        : `Resuming ${image.filename} at ${megabytes(start)} of ${megabytes(image.sizeBytes)}`,
    );
    await this.send(partial, start);
    if (!(await this.isVerified(partial))) {
      await (await host.sftp()).unlink(partial);
      throw new DriverError(
        'checksum_mismatch',
        `checksum mismatch: ${image.filename} on the host is not the stored image`,
      );
    }
    await host.run(`mv -f -T -- ${quote(partial)} ${quote(path)}`);
    io.log(`${image.filename} copied and verified`);
  }

  /** How much of a partial file may stay: all of it when its hash is that of our own beginning, else nothing. */
  private async resumeOffset(partial: string): Promise<number> {
    const size = await this.host.sizeOf(partial);
    if (size === null || size === 0 || size > this.image.sizeBytes) return 0;
    const algorithm = await this.bestTool();
    const [there, here] = [await this.host.hashOf(partial, algorithm, size), await this.hashOfSource(algorithm, size)];
    if (there === here) return size;
    this.io.log('The partial file on the host is another one; starting over');
    return 0;
  }

  private async send(partial: string, start: number): Promise<void> {
    const sftp = await this.host.sftp();
    const handle = await sftp.open(partial, start === 0 ? 'w' : 'r+');
    const source = this.openSource(start);
    try {
      await this.pump(sftp, handle, source, start);
      await sftp.sync(handle);
    } catch (error) {
      throw await this.explain(error, partial);
    } finally {
      source.destroy();
      await sftp.close(handle).catch(() => undefined);
    }
  }

  private async pump(sftp: SftpClient, handle: Buffer, source: Readable, start: number): Promise<void> {
    const total = this.image.sizeBytes;
    const underWay = new Set<Promise<void>>();
    let sent = start;
    let confirmed = start;
    for await (const chunk of source as AsyncIterable<Buffer>) {
      if (sent + chunk.length > total) throw brokenSource(this.image, `more than ${total}`);
      const write = sftp.write(handle, chunk, sent).then(() => {
        confirmed += chunk.length;
        this.io.progress(confirmed, total);
        underWay.delete(write);
      });
      // Looked at when it is raced or awaited below; until then it must not count as unhandled.
      write.catch(() => undefined);
      underWay.add(write);
      sent += chunk.length;
      if (underWay.size >= WRITES_IN_FLIGHT) await Promise.race(underWay);
    }
    await Promise.all(underWay);
    if (sent !== total) throw brokenSource(this.image, String(sent));
  }

  /** The host's "Failure" may be a full disk: only the disk itself tells. A full disk must not stay full of our part. */
  private async explain(error: unknown, partial: string): Promise<unknown> {
    if (!(error instanceof DriverError)) {
      return new DriverError('transfer_interrupted', `The stored ${this.image.filename} cannot be read`, error);
    }
    if (error.code === 'connection_lost') {
      return new DriverError(
        'transfer_interrupted',
        `The copy of ${this.image.filename} was interrupted: ${error.message}`,
        error,
      );
    }
    if (!(error instanceof SftpRefused) || error.status !== SFTP_FAILURE) return error;
    const missing = this.image.sizeBytes - ((await this.host.sizeOf(partial)) ?? 0);
    const free = await this.host.freeBytes();
    if (free >= missing) return error;
    await (await this.host.sftp()).unlink(partial);
    return noSpace(this.image, missing, free);
  }

  private async assertSpace(needed: number): Promise<void> {
    const free = await this.host.freeBytes();
    if (free < needed) throw noSpace(this.image, needed, free);
  }

  private async isVerified(path: string): Promise<boolean> {
    if ((await this.host.sizeOf(path)) !== this.image.sizeBytes) return false;
    const { algorithm, hash } = await this.expectedHash();
    return (await this.host.hashOf(path, algorithm)) === hash;
  }

  /** The strongest hash that both the image's record and the host know; without one, we hash the stored image. */
  private async expectedHash(): Promise<{ algorithm: HashAlgorithm; hash: string }> {
    const tools = await this.host.hashTools();
    for (const algorithm of HASH_ALGORITHMS) {
      const hash = this.image[algorithm];
      if (hash !== null && tools.includes(algorithm)) return { algorithm, hash: hash.toLowerCase() };
    }
    const algorithm = await this.bestTool();
    return { algorithm, hash: await this.hashOfSource(algorithm, this.image.sizeBytes) };
  }

  private async bestTool(): Promise<HashAlgorithm> {
    const [best] = await this.host.hashTools();
    if (best === undefined) throw new DriverError('unsupported', 'The host has none of sha512sum, sha256sum, md5sum');
    return best;
  }

  private async hashOfSource(algorithm: HashAlgorithm, bytes: number): Promise<string> {
    const hash = createHash(algorithm);
    const source = this.openSource(0);
    let left = bytes;
    try {
      for await (const chunk of source as AsyncIterable<Buffer>) {
        if (this.host.connection.lost) throw this.host.connection.lost;
        hash.update(chunk.subarray(0, left));
        left -= Math.min(left, chunk.length);
        if (left === 0) break;
      }
    } finally {
      source.destroy();
    }
    return hash.digest('hex');
  }

  private openSource(start: number): Readable {
    if (this.image.read === null) {
      throw new DriverError('unsupported', `${this.image.filename} is not stored here, and a host is sent its images`);
    }
    return this.image.read(start);
  }

  private async remember(origin: 'pushed' | 'found'): Promise<void> {
    const { filename, version } = this.image;
    const { algorithm, hash } = await this.expectedHash();
    const entry = { filename, version, hash: `${algorithm}:${hash}`, origin };
    await this.host.writeManifest(withEntry(await this.host.manifest(), entry));
  }
}

export function noSpace(image: DeviceImage, needed: number, free: number): DriverError {
  return new DriverError(
    'no_space',
    `${image.filename} needs ${needed} bytes (${megabytes(needed)}), free are ${free} (${megabytes(free)})`,
  );
}

function brokenSource(image: DeviceImage, found: string): DriverError {
  return new DriverError(
    'checksum_mismatch',
    `The stored ${image.filename} has ${found} bytes, not ${image.sizeBytes}`,
  );
}
