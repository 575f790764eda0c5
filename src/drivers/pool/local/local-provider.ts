import { mkdir } from 'node:fs/promises';
import { boundLog, readTail } from '../../bounded-log/bounded-log.js';
import { removeAll, sweepScratch } from '../../durable-files/durable-files.js';
import { isAlive, ownIdentity } from '../../supervised/process-table.js';
import { lookAtSupervised, startSupervised, stopSupervised } from '../../supervised/supervised-process.js';
import {
  type ImageUpload,
  PoolError,
  type PoolImage,
  type PoolIo,
  type PoolProvider,
  type PoolServer,
  type Reachability,
  type ServerWish,
  type Tags,
} from '../pool-provider.js';
import { type Owner, unpackArchive } from './archive.js';
import type { ImageStore } from './image-store.js';
import type { LocalPorts } from './local-ports.js';
import { lowPrivilegeAccount } from './low-privilege.js';
import type { ServerFolders, ServerNote } from './server-folder.js';
import { packFolder } from './snapshot.js';
import { acceptsTcp } from './tcp-reachability.js';

const ADDRESS = '127.0.0.1';
const PATH = '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin';
const CONNECT_MS = 5_000;
/** A server that talks without end must not fill the disk. */
const CONSOLE = { limit: 1024 * 1024, head: 64 * 1024, tail: 512 * 1024 };

export interface LocalParts {
  readonly name: string;
  readonly directory: string;
  readonly images: ImageStore;
  readonly folders: ServerFolders;
  readonly ports: LocalPorts;
  /** Between TERM and KILL. */
  readonly graceMs: number;
}

/** Everything it knows is in its directory and in the kernel's process table, so a restart of ours changes nothing. */
export class LocalProvider implements PoolProvider {
  constructor(private readonly parts: LocalParts) {}

  async listServers(io: PoolIo): Promise<PoolServer[]> {
    await this.turn(io);
    const { folders } = this.parts;
    await this.sweep();
    return Promise.all((await folders.list()).map((note) => this.toServer(note)));
  }

  async getServer(id: string, io: PoolIo): Promise<PoolServer | null> {
    await this.turn(io);
    return this.find(id);
  }

  async createServer(wish: ServerWish, io: PoolIo): Promise<string> {
    await this.turn(io);
    if (wish.image === null) throw new PoolError('bad_request', `${this.parts.name} starts servers from an image only`);
    const image = await this.parts.images.find(wish.image);
    const note = await this.note(wish, image.id);
    try {
      const owner = await lowPrivilegeAccount();
      const root = await this.parts.folders.addRoot(note.id, owner);
      const sha256 = await unpackArchive(image.file, root, owner, io);
      if (sha256 !== image.sha256)
        throw new PoolError('bad_request', `The stored image ${image.id} has changed on the disk`);
      if (io.signal.aborted) throw new PoolError('aborted', 'Stopped before the server was started');
      await this.startInit(note, root, owner);
      io.log(`Started ${wish.name} as ${note.id} on port ${note.port}`);
      return note.id;
    } catch (error) {
      await this.remove(note);
      throw error;
    }
  }

  /** TERM, after the grace KILL, to all it started; returns when none of them is left and its folder is gone. */
  async deleteServer(id: string, io: PoolIo): Promise<void> {
    await this.turn(io);
    const note = await this.parts.folders.find(id);
    if (!note) return;
    await this.remove(note);
    io.log(`Stopped ${note.name} and removed its folder`);
  }

  /** Its own process lives, and its port accepts a connection. */
  async isReachable(server: PoolServer, wish: Reachability, io: PoolIo): Promise<boolean> {
    const found = await this.find(server.id);
    if (found?.status !== 'active' || found.port === null) return false;
    return acceptsTcp(ADDRESS, wish.port ?? found.port, CONNECT_MS, io.signal);
  }

  async listImages(io: PoolIo): Promise<PoolImage[]> {
    await this.turn(io);
    return this.parts.images.list();
  }

  async getImage(id: string, io: PoolIo): Promise<PoolImage | null> {
    await this.turn(io);
    return this.parts.images.get(id);
  }

  async uploadImage(wish: ImageUpload, io: PoolIo): Promise<string> {
    await this.turn(io);
    if (wish.format !== 'tar')
      throw new PoolError('bad_request', `${this.parts.name} stores images of type tar, not ${wish.format}`);
    return this.parts.images.add(wish.name, wish.tags, wish.file, io);
  }

  /** The server's folder as it is now, as a tar. */
  async snapshotServer(serverId: string, name: string, tags: Tags, io: PoolIo): Promise<string> {
    await this.turn(io);
    const { folders, images, directory } = this.parts;
    if (!(await folders.find(serverId))) throw new PoolError('not_found', `There is no server ${serverId}`);
    const draft = await packFolder(folders.rootOf(serverId), directory, await lowPrivilegeAccount(), io.signal);
    try {
      return await images.add(name, tags, draft, io);
    } finally {
      await removeAll(draft);
    }
  }

  async deleteImage(id: string, io: PoolIo): Promise<void> {
    await this.turn(io);
    await this.parts.images.remove(id);
  }

  private async sweep(): Promise<void> {
    const { directory, folders, images, ports } = this.parts;
    await sweepScratch(directory);
    await images.sweep();
    await folders.sweep();
    await ports.sweep((id) => folders.isThere(id));
  }

  private async turn(io: PoolIo): Promise<void> {
    await io.turn();
    if (io.signal.aborted) throw new PoolError('aborted', `${this.parts.name}: stopped`);
  }

  private async note(wish: ServerWish, image: string): Promise<ServerNote> {
    const { directory, folders, ports } = this.parts;
    await mkdir(directory, { recursive: true, mode: 0o711 });
    const id = await folders.reserve();
    try {
      const { name, tags, az } = wish;
      const port = await ports.claim(id);
      const createdAt = new Date().toISOString();
      const note = { id, name, tags, image, az, port, createdAt, creator: await ownIdentity() };
      await folders.add(note);
      return note;
    } catch (error) {
      // A port claimed for it is freed by the next sweep.
      await folders.remove(id);
      throw error;
    }
  }

  private async startInit(note: ServerNote, root: string, owner: Owner): Promise<void> {
    await startSupervised({
      record: this.parts.folders.recordOf(note.id),
      argv: ['./init'],
      cwd: root,
      env: { PATH, HOME: root, LANG: 'C.UTF-8', HOSTNAME: note.name, PORT: String(note.port) },
      output: this.parts.folders.consoleOf(note.id),
      exitCode: null,
      account: owner,
    });
  }

  private async remove(note: ServerNote): Promise<void> {
    const { folders, ports, graceMs } = this.parts;
    await stopSupervised(folders.recordOf(note.id), graceMs);
    await folders.remove(note.id);
    await ports.release(note.port);
  }

  private async find(id: string): Promise<PoolServer | null> {
    const note = await this.parts.folders.find(id);
    return note && this.toServer(note);
  }

  private async toServer(note: ServerNote): Promise<PoolServer> {
    const { folders } = this.parts;
    const console = folders.consoleOf(note.id);
    await boundLog(console, CONSOLE);
    const process = await lookAtSupervised(folders.recordOf(note.id), null);
    const [status, message] = await this.judge(note, process.state, console);
    const address = { ip: ADDRESS, privateIp: ADDRESS, port: note.port };
    return { id: note.id, name: note.name, status, message, ...address, az: note.az, tags: note.tags };
  }

  private async judge(
    note: ServerNote,
    process: 'absent' | 'running' | 'ended',
    console: string,
  ): Promise<[PoolServer['status'], string | null]> {
    if (process === 'running') return ['active', null];
    if (process === 'absent')
      return (await isAlive(note.creator)) ? ['building', null] : ['error', 'The launch was interrupted'];
    const said = ((await readTail(console, 2048)) ?? '').trim().split('\n').pop() ?? '';
    return ['error', said === '' ? 'init has ended' : `init has ended: ${said.slice(0, 500)}`];
  }
}
