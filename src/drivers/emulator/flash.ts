import { createHash } from 'node:crypto';
import { createReadStream, createWriteStream, mkdtempSync, rmSync, type WriteStream } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { once } from 'node:events';

/** Beyond this a file's bytes go to the disk, so that a fleet that receives big images does not fill the memory. */
const IN_MEMORY_BYTES = 4 * 1024 * 1024;
const FILLER_BLOCK = Buffer.alloc(65_536);

interface FlashFile {
  size: number;
  modified: Date;
  /** Filler: `size` zero bytes that are kept nowhere. */
  content: Buffer[] | { path: string } | 'filler';
}

export interface FlashEntry {
  readonly name: string;
  readonly size: number;
  readonly modified: Date;
}

/** The flash file system of an emulated switch. What it was given it really has: sizes and hashes are real. */
export class Flash {
  private readonly files = new Map<string, FlashFile>();
  private directory: string | null = null;
  private written = 0;

  constructor(readonly totalBytes: number) {}

  get freeBytes(): number {
    let used = 0;
    for (const file of this.files.values()) used += file.size;
    return Math.max(0, this.totalBytes - used);
  }

  list(): FlashEntry[] {
    return [...this.files].map(([name, file]) => ({ name, size: file.size, modified: file.modified }));
  }

  find(name: string): FlashEntry | null {
    const file = this.files.get(name);
    return file ? { name, size: file.size, modified: file.modified } : null;
  }

  addFiller(name: string, size: number): void {
    this.files.set(name, { size, modified: new Date(), content: 'filler' });
  }

  add(name: string, bytes: Buffer): void {
    this.files.set(name, { size: bytes.length, modified: new Date(), content: [bytes] });
  }

  delete(name: string): boolean {
    const file = this.files.get(name);
    if (file && file.content !== 'filler' && !Array.isArray(file.content)) rmSync(file.content.path, { force: true });
    return this.files.delete(name);
  }

  /** Starts an empty file; the writer's bytes are there as soon as they are written, as on a real flash. */
  create(name: string): FlashWriter {
    this.delete(name);
    const file: FlashFile = { size: 0, modified: new Date(), content: [] };
    this.files.set(name, file);
    return new FlashWriter(file, () => this.nextPath());
  }

  async hash(name: string, algorithm: string): Promise<string> {
    const hash = createHash(algorithm);
    for await (const chunk of this.read(name)) hash.update(chunk);
    return hash.digest('hex');
  }

  async head(name: string, length: number): Promise<Buffer> {
    const parts: Buffer[] = [];
    let got = 0;
    for await (const chunk of this.read(name)) {
      parts.push(chunk);
      got += chunk.length;
      if (got >= length) break;
    }
    return Buffer.concat(parts).subarray(0, length);
  }

  dispose(): void {
    this.files.clear();
    if (this.directory) rmSync(this.directory, { recursive: true, force: true });
    this.directory = null;
  }

  private async *read(name: string): AsyncGenerator<Buffer> {
    const file = this.files.get(name);
    if (!file) return;
    if (file.content === 'filler') {
      for (let left = file.size; left > 0; left -= FILLER_BLOCK.length) yield FILLER_BLOCK.subarray(0, left);
    } else if (Array.isArray(file.content)) {
      yield* file.content;
    } else {
      for await (const chunk of createReadStream(file.content.path)) yield chunk as Buffer;
    }
  }

  private nextPath(): string {
    this.directory ??= mkdtempSync(join(tmpdir(), 'slipway-emulator-'));
    this.written += 1;
    return join(this.directory, String(this.written));
  }
}

/** Takes the bytes of one file; in memory at first, on the disk when they become many. */
export class FlashWriter {
  private disk: WriteStream | null = null;
  private diskError: Error | null = null;

  constructor(
    private readonly file: FlashFile,
    private readonly newPath: () => string,
  ) {}

  get size(): number {
    return this.file.size;
  }

  async write(chunk: Buffer): Promise<void> {
    this.file.size += chunk.length;
    if (!this.disk && Array.isArray(this.file.content)) {
      this.file.content.push(Buffer.from(chunk));
      if (this.file.size > IN_MEMORY_BYTES) await this.moveToDisk(this.file.content);
      return;
    }
    await this.toDisk(chunk);
  }

  async end(): Promise<void> {
    this.file.modified = new Date();
    const disk = this.disk;
    if (!disk) return;
    disk.end();
    if (!disk.closed) await once(disk, 'close');
    if (this.diskError) throw this.diskError;
  }

  private async moveToDisk(chunks: Buffer[]): Promise<void> {
    const path = this.newPath();
    this.disk = createWriteStream(path);
    this.disk.on('error', (error) => (this.diskError = error));
    this.file.content = { path };
    for (const chunk of chunks) await this.toDisk(chunk);
  }

  private async toDisk(chunk: Buffer): Promise<void> {
    if (this.diskError) throw this.diskError;
    if (this.disk && !this.disk.write(chunk)) await once(this.disk, 'drain');
  }
}
