import { randomUUID } from 'node:crypto';
import { open, readdir, readFile, stat } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { makePrivateFolder } from '../../private-folder.js';
import { moveDurably, removeAll, sweepScratch, writeDurably } from '../../durable-files/durable-files.js';
import { isAlive, ownIdentity, type ProcessIdentity } from '../../supervised/process-table.js';
import { PoolError, type PoolImage, type PoolIo, type Tags } from '../pool-provider.js';
import { readArchive } from './archive.js';

/** What lies beside each stored image. Without a hash the upload has not come to its end. */
interface ImageNote {
  readonly id: string;
  readonly name: string;
  readonly tags: Tags;
  readonly createdAt: string;
  readonly uploader: ProcessIdentity;
  readonly sha256: string | null;
  readonly sizeBytes: number;
}

export interface StoredImage extends PoolImage {
  readonly file: string;
  readonly sha256: string;
}

/**
 * A directory as an image store (spec nodepool section 3, `local`): a stored image is a tar with a note beside it that says
 * whose it is. The note comes first and goes last, so nothing in the store is ever without an owner.
 */
export class ImageStore {
  constructor(private readonly folder: string) {}

  async list(): Promise<PoolImage[]> {
    const notes = await this.notes();
    return Promise.all(notes.map((note) => this.toImage(note)));
  }

  /** What a killed process left unfinished that no note tells of. */
  sweep(): Promise<void> {
    return sweepScratch(this.folder);
  }

  async get(id: string): Promise<PoolImage | null> {
    const note = (await this.notes()).find((candidate) => candidate.id === id);
    return note ? this.toImage(note) : null;
  }

  /** By id, otherwise the newest of that name; only one that can be used. */
  async find(idOrName: string): Promise<StoredImage> {
    const whole = (await this.notes()).filter((note) => note.sha256 !== null);
    const note = whole.find(({ id }) => id === idOrName) ?? whole.findLast(({ name }) => name === idOrName);
    if (!note) throw new PoolError('not_found', `There is no image ${idOrName}`);
    return { ...(await this.toImage(note)), file: this.fileOf(note.id), sha256: note.sha256 ?? '' };
  }

  /** Streams the file into the store and checks on the way that it can be started. */
  async add(name: string, tags: Tags, source: string, io: PoolIo): Promise<string> {
    await makePrivateFolder(this.folder);
    const createdAt = new Date().toISOString();
    const note = { id: randomUUID(), name, tags, createdAt, uploader: await ownIdentity(), sha256: null, sizeBytes: 0 };
    await this.write(note);
    try {
      const { sha256, sizeBytes } = await this.copy(source, `${this.fileOf(note.id)}.part`, io);
      await moveDurably(`${this.fileOf(note.id)}.part`, this.fileOf(note.id));
      await this.write({ ...note, sha256, sizeBytes });
      io.log(`Stored ${basename(source)} as ${note.id}: ${sizeBytes} bytes, sha256 ${sha256}`);
      return note.id;
    } catch (error) {
      await this.remove(note.id);
      throw error;
    }
  }

  async remove(id: string): Promise<void> {
    if (!isId(id)) return;
    await removeAll(this.fileOf(id));
    await removeAll(`${this.fileOf(id)}.part`);
    await removeAll(this.noteOf(id));
  }

  private async copy(source: string, target: string, io: PoolIo): Promise<{ sha256: string; sizeBytes: number }> {
    const total = (await stat(source).catch(() => null))?.size ?? 0;
    const file = await open(target, 'wx', 0o600).catch((error: unknown) => {
      throw new PoolError('unavailable', `The image store: ${(error as Error).message}`, null, error);
    });
    let sizeBytes = 0;
    try {
      const sha256 = await readArchive(source, io, async (chunk, done) => {
        await file.writeFile(chunk);
        sizeBytes = done;
        io.progress(done, Math.max(total, done));
      });
      await file.sync();
      return { sha256, sizeBytes };
    } finally {
      await file.close();
    }
  }

  private async notes(): Promise<ImageNote[]> {
    const names = await readdir(this.folder).catch(() => []);
    const ids = names.filter((name) => name.endsWith('.json')).map((name) => basename(name, '.json'));
    const texts = await Promise.all(ids.map((id) => readFile(this.noteOf(id), 'utf8').catch(() => null)));
    const notes = texts.filter((text) => text !== null).map((text) => JSON.parse(text) as ImageNote);
    return notes.sort((a, b) => a.createdAt.localeCompare(b.createdAt) || a.id.localeCompare(b.id));
  }

  private async toImage(note: ImageNote): Promise<PoolImage> {
    const { id, name, tags } = note;
    if (note.sha256 === null) {
      // Its process is gone: nobody will ever finish it.
      const isGoingOn = await isAlive(note.uploader);
      const message = isGoingOn ? null : 'The upload was interrupted';
      return { id, name, tags, status: isGoingOn ? 'building' : 'error', message };
    }
    const size = (await stat(this.fileOf(id)).catch(() => null))?.size;
    if (size === note.sizeBytes) return { id, name, tags, status: 'active', message: null };
    const message = size === undefined ? 'The file is gone' : `The file has ${size} bytes instead of ${note.sizeBytes}`;
    return { id, name, tags, status: 'error', message };
  }

  private write(note: ImageNote): Promise<void> {
    return writeDurably(this.noteOf(note.id), JSON.stringify(note));
  }

  private noteOf(id: string): string {
    return join(this.folder, `${id}.json`);
  }

  private fileOf(id: string): string {
    return join(this.folder, `${id}.tar`);
  }
}

/** As this store gives them: an id becomes part of a path. */
export function isId(text: string): boolean {
  return /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/.test(text);
}
