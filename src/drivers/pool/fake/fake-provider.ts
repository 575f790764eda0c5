import { createHash, randomUUID } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { Writable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import {
  type FakeBehaviour,
  type ImageUpload,
  PoolError,
  type PoolImage,
  type PoolIo,
  type PoolProvider,
  type PoolProviderSettings,
  type PoolServer,
  type ServerWish,
  type Tags,
} from '../pool-provider.js';
import type { FakeCall, FakeCloudStore, FakeFailureKind, FakeImageRow, FakeServerRow } from './fake-cloud.store.js';

/** A tenth of a second until a server or an image can be used, as in the original's double. */
const SETTLE_MS = 100;
/** The largest of the fake cloud's flavors. */
const FLAVOR_MB = 8192;

/**
 * The original's test double as a provider (spec nodepool section 3): servers that are up after a tenth of a second, have
 * the address `fake`, and can be told to misbehave. A test double: no server runs anywhere.
 */
export class FakeProvider implements PoolProvider {
  private readonly name: string;
  private readonly fake: FakeBehaviour;

  constructor(
    settings: PoolProviderSettings,
    private readonly store: FakeCloudStore,
  ) {
    this.name = settings.name;
    this.fake = settings.fake;
  }

  async listServers(io: PoolIo): Promise<PoolServer[]> {
    await this.call('list-servers', null, io);
    const servers = await this.store.listServers(this.name);
    return servers.map((server) => this.toServer(server));
  }

  async getServer(id: string, io: PoolIo): Promise<PoolServer | null> {
    await this.call('get-server', id, io);
    const found = await this.store.findServer(this.name, id);
    return found && this.toServer(found);
  }

  /** The server is there, with its tags, before a slow call returns its id: as in a cloud whose answer gets lost. */
  async createServer(wish: ServerWish, io: PoolIo): Promise<string> {
    await this.call('create-server', wish.name, io);
    const { zones, createDelay = 0, bootDelay = SETTLE_MS / 1000, maxServers = null } = this.fake;
    if (wish.az !== null && zones && !zones.includes(wish.az))
      throw new PoolError('bad_request', `400: there is no availability zone named ${wish.az}`);
    if (wish.minRam > FLAVOR_MB) throw new PoolError('bad_request', `400: no flavor has ${wish.minRam} MB`);
    await this.failIfTold('create', this.fake.failCreate);
    if (this.fake.overQuota) throw overQuota();
    const server: FakeServerRow = {
      id: randomUUID(),
      name: wish.name,
      failed: (await this.isToFail('boot', this.fake.failBoot)) ? 'No valid host was found' : null,
      az: wish.az,
      tags: wish.tags,
      image: wish.image,
      activeAt: secondsFromNow(createDelay + bootDelay),
      goneAt: null,
    };
    if (!(await this.store.addServer(this.name, server, maxServers))) throw overQuota();
    await takeTime(createDelay, io);
    return server.id;
  }

  async deleteServer(id: string, io: PoolIo): Promise<void> {
    await this.call('delete-server', id, io);
    await this.failIfTold('delete', this.fake.failDelete);
    await this.store.endServer(this.name, id, secondsFromNow(this.fake.deleteDelay ?? 0));
  }

  /** Always. */
  isReachable(): Promise<boolean> {
    return Promise.resolve(true);
  }

  async listImages(io: PoolIo): Promise<PoolImage[]> {
    await this.call('list-images', null, io);
    return (await this.store.listImages(this.name)).map(toImage);
  }

  async getImage(id: string, io: PoolIo): Promise<PoolImage | null> {
    await this.call('get-image', id, io);
    const images = await this.store.listImages(this.name);
    const found = images.find((image) => image.id === id);
    return found ? toImage(found) : null;
  }

  /** Reads the file to its end as an upload does, and keeps its size and hash. */
  async uploadImage(wish: ImageUpload, io: PoolIo): Promise<string> {
    await this.call('upload-image', wish.name, io);
    await this.failIfTold('upload', this.fake.failUpload);
    const content = await readThrough(wish.file, io);
    await takeTime(this.fake.uploadDelay ?? 0, io);
    return this.keepImage(wish.name, wish.tags, content);
  }

  async snapshotServer(serverId: string, name: string, tags: Tags, io: PoolIo): Promise<string> {
    await this.call('snapshot-server', serverId, io);
    const server = await this.store.findServer(this.name, serverId);
    if (!server) throw new PoolError('not_found', `404: there is no server ${serverId}`);
    await this.failIfTold('upload', this.fake.failUpload);
    return this.keepImage(name, tags, { sizeBytes: 0, sha256: null });
  }

  async deleteImage(id: string, io: PoolIo): Promise<void> {
    await this.call('delete-image', id, io);
    await this.failIfTold('delete', this.fake.failDelete);
    await this.store.removeImage(this.name, id);
  }

  private async call(call: FakeCall, subject: string | null, io: PoolIo): Promise<void> {
    await io.turn();
    if (io.signal.aborted) throw new PoolError('aborted', `${this.name}: stopped`);
    await this.store.noteCall(this.name, call, subject);
  }

  private isToFail(kind: FakeFailureKind, limit = 0): Promise<boolean> {
    return this.store.takeFailure(this.name, kind, limit);
  }

  private async failIfTold(kind: FakeFailureKind, limit: number | undefined): Promise<void> {
    if (await this.isToFail(kind, limit))
      throw new PoolError('unavailable', `500: the ${kind} failed, as it was told to`);
  }

  private async keepImage(name: string, tags: Tags, content: Pick<FakeImageRow, 'sizeBytes' | 'sha256'>) {
    const image = { id: randomUUID(), name, tags, ...content, activeAt: secondsFromNow(SETTLE_MS / 1000) };
    await this.store.addImage(this.name, image);
    return image.id;
  }

  private toServer(row: FakeServerRow): PoolServer {
    const status = this.statusOf(row);
    const ip = status === 'active' ? 'fake' : null;
    const message = status === 'error' ? row.failed : null;
    return { id: row.id, name: row.name, status, message, ip, privateIp: ip, port: null, az: row.az, tags: row.tags };
  }

  private statusOf(row: FakeServerRow): PoolServer['status'] {
    if (row.goneAt) return 'deleting';
    if (row.activeAt > new Date()) return 'building';
    if (row.failed !== null) return 'error';
    return this.fake.pauseCreates ? 'building' : 'active';
  }
}

function toImage(row: FakeImageRow): PoolImage {
  const status = row.activeAt > new Date() ? 'building' : 'active';
  return { id: row.id, name: row.name, status, message: null, tags: row.tags };
}

function overQuota(): PoolError {
  return new PoolError('quota', '403: Quota exceeded for instances');
}

function secondsFromNow(seconds: number): Date {
  return new Date(Date.now() + seconds * 1000);
}

async function takeTime(seconds: number, io: PoolIo): Promise<void> {
  if (seconds <= 0) return;
  try {
    await sleep(seconds * 1000, undefined, { signal: io.signal });
  } catch (error) {
    throw new PoolError('aborted', 'stopped', null, error);
  }
}

async function readThrough(file: string, io: PoolIo): Promise<{ sizeBytes: number; sha256: string }> {
  const hash = createHash('sha256');
  let sizeBytes = 0;
  const sink = new Writable({
    write(chunk: Buffer, _encoding, done) {
      hash.update(chunk);
      sizeBytes += chunk.length;
      done();
    },
  });
  try {
    await pipeline(createReadStream(file), sink, { signal: io.signal });
  } catch (error) {
    if (io.signal.aborted) throw new PoolError('aborted', 'stopped', null, error);
    throw new PoolError('bad_request', `The image cannot be read: ${(error as Error).message}`, null, error);
  }
  return { sizeBytes, sha256: hash.digest('hex') };
}
