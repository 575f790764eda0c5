import { randomUUID } from 'node:crypto';
import { chmod, chown, mkdir, readdir, readFile, rename } from 'node:fs/promises';
import { join } from 'node:path';
import { removeAll, scratchPath, sweepScratch, syncPath, writeDurably } from '../../durable-files/durable-files.js';
import type { ProcessIdentity } from '../../supervised/process-table.js';
import type { Tags } from '../pool-provider.js';
import type { Owner } from './archive.js';
import { isId } from './image-store.js';

/** What is known of a server before anything of it exists. */
export interface ServerNote {
  readonly id: string;
  readonly name: string;
  readonly tags: Tags;
  readonly image: string;
  readonly az: string | null;
  readonly port: number;
  readonly createdAt: string;
  readonly creator: ProcessIdentity;
}

/**
 * Where local servers are: a folder for each, with a note that only we can write and the unpacked image in `root`. A folder
 * appears with its note in it and disappears as a whole, so that one without a note never counts.
 */
export class ServerFolders {
  constructor(private readonly folder: string) {}

  async add(note: ServerNote): Promise<void> {
    const draft = await this.draftOf(note.id);
    await writeDurably(join(draft, 'server.json'), JSON.stringify(note));
    await rename(draft, this.pathOf(note.id));
    await syncPath(this.folder);
  }

  /** The first trace of a server, before it has so much as a port. */
  async reserve(): Promise<string> {
    const id = randomUUID();
    await mkdir(this.folder, { recursive: true, mode: 0o711 });
    // Others may pass through, to their own `root`, and see nothing.
    await mkdir(await this.draftOf(id), { mode: 0o711 });
    return id;
  }

  async addRoot(id: string, owner: Owner): Promise<string> {
    const root = this.rootOf(id);
    await mkdir(root);
    await chmod(root, 0o700);
    if (owner) await chown(root, owner.uid, owner.gid);
    return root;
  }

  async list(): Promise<ServerNote[]> {
    const names = await readdir(this.folder).catch(() => []);
    const notes = await Promise.all(names.filter(isId).map((id) => this.find(id)));
    const found = notes.filter((note) => note !== null);
    return found.sort((a, b) => a.createdAt.localeCompare(b.createdAt) || a.id.localeCompare(b.id));
  }

  async find(id: string): Promise<ServerNote | null> {
    if (!isId(id)) return null;
    const text = await readFile(join(this.pathOf(id), 'server.json'), 'utf8').catch(() => null);
    return text === null ? null : (JSON.parse(text) as ServerNote);
  }

  async isThere(id: string): Promise<boolean> {
    const names = await readdir(this.folder).catch(() => []);
    return names.some((name) => name.includes(id));
  }

  async remove(id: string): Promise<void> {
    if (!isId(id)) return;
    const doomed = join(this.folder, `.${id}.gone`);
    await rename(this.pathOf(id), doomed).catch((error: NodeJS.ErrnoException) => {
      if (error.code !== 'ENOENT') throw error;
    });
    await removeAll(doomed);
    await removeAll(await this.draftOf(id));
  }

  /** What a killed process left between two of the steps above. */
  async sweep(): Promise<void> {
    await sweepScratch(this.folder);
    const names = await readdir(this.folder).catch(() => []);
    for (const name of names.filter((one) => one.endsWith('.gone'))) await removeAll(join(this.folder, name));
  }

  rootOf(id: string): string {
    return join(this.pathOf(id), 'root');
  }

  recordOf(id: string): string {
    return join(this.pathOf(id), 'process');
  }

  consoleOf(id: string): string {
    return join(this.pathOf(id), 'console.log');
  }

  private pathOf(id: string): string {
    return join(this.folder, id);
  }

  private draftOf(id: string): Promise<string> {
    return scratchPath(this.folder, id);
  }
}
