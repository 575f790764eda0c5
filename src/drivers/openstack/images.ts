import { createHash } from 'node:crypto';
import { PoolError, type ImageUpload, type PoolImage, type PoolIo, type Tags } from '../pool/pool-provider.js';
import { openImageFile } from './image-file.js';
import { optionalNumber, optionalText, textIn, type JsonObject } from './json-fields.js';
import type { OpenStackClient } from './openstack-client.js';

/** Glance v2: stored images. Tags are properties of the image. */
export class Images {
  constructor(
    private readonly client: OpenStackClient,
    private readonly stallMs: number,
  ) {}

  async list(io: PoolIo): Promise<PoolImage[]> {
    const images = await this.client.list('image', ['images'], 'images', io, { limit: '200' });
    return images.filter(({ status }) => status !== 'deleted').map(toPoolImage);
  }

  async get(id: string, io: PoolIo): Promise<PoolImage | null> {
    const image = await this.client.get('image', ['images', id], io);
    return image === null || image['status'] === 'deleted' ? null : toPoolImage(image);
  }

  async delete(id: string, io: PoolIo): Promise<void> {
    await this.client.delete('image', ['images', id], io);
  }

  /** The id of an image given by its id or by its name; of several with the name the newest that can be used. */
  async idOf(idOrName: string, io: PoolIo): Promise<string> {
    if (isUuid(idOrName)) return idOrName;
    const query = { name: idOrName, status: 'active', sort_key: 'created_at', sort_dir: 'desc' };
    const [newest] = await this.client.list('image', ['images'], 'images', io, query);
    if (newest) return textIn(newest, 'id', 'Glance’s images');
    throw new PoolError('bad_request', `The cloud has no usable image named ${idOrName}`);
  }

  /** Images that an earlier try of the same act has left: they carry the same tags. */
  async withTags(name: string, tags: Tags, io: PoolIo): Promise<JsonObject[]> {
    if (Object.keys(tags).length === 0) return [];
    const images = await this.client.list('image', ['images'], 'images', io, { name });
    return images.filter((image) => Object.entries(tags).every(([key, value]) => image[key] === value));
  }

  /**
   * Stores the file. What an earlier try has left is used when it is whole, and removed otherwise; so is what this one
   * leaves when it fails. Only a caller that stops in the middle leaves something, for its next try or the leak sweep.
   */
  async upload(wish: ImageUpload, io: PoolIo): Promise<string> {
    const diskFormat = DISK_FORMATS[wish.format];
    if (!diskFormat) throw new PoolError('bad_request', `Glance stores no images of the format ${wish.format}`);
    for (const left of await this.withTags(wish.name, wish.tags, io)) {
      const id = textIn(left, 'id', 'Glance’s images');
      if (left['status'] === 'active' && (await this.isTheFile(left, wish.file))) return id;
      io.log(`Removes image ${id}, which an earlier upload has left in status ${String(left['status'])}`);
      await this.delete(id, io);
    }
    const id = await this.create(wish, diskFormat, io);
    try {
      await this.send(id, wish, io);
    } catch (error) {
      if (!io.signal.aborted) await this.delete(id, io).catch((failed: Error) => io.log(failed.message));
      throw error;
    }
    return id;
  }

  private async create(wish: ImageUpload, diskFormat: string, io: PoolIo): Promise<string> {
    const json = {
      ...propertiesOf(wish.tags),
      name: wish.name,
      disk_format: diskFormat,
      container_format: 'bare',
      visibility: 'private',
    };
    const image = await this.client.json({ service: 'image', method: 'POST', path: ['images'], json }, io);
    const id = textIn(image, 'id', 'Glance’s new image');
    io.log(`Made image ${id} named ${wish.name}`);
    return id;
  }

  /** A byte that was lost on the way must not become a server: what Glance says of the file is compared. */
  private async send(id: string, wish: ImageUpload, io: PoolIo): Promise<void> {
    const file = await openImageFile(wish.file, this.stallMs, io);
    await this.client.call(
      { service: 'image', method: 'PUT', path: ['images', id, 'file'], file: () => file.send() },
      io,
    );
    const stored = await this.client.get('image', ['images', id], io);
    if (stored === null) throw new PoolError('unavailable', `Image ${id} has gone after its upload`);
    const differs = differenceOf(stored, file.size, file.md5());
    if (differs !== null) throw new PoolError('unavailable', `Image ${id} is not what was sent: ${differs}`);
    io.log(`Sent ${file.size} bytes to image ${id}`);
  }

  private async isTheFile(stored: JsonObject, path: string): Promise<boolean> {
    const hash = createHash('md5');
    const file = await openImageFile(path, this.stallMs, null);
    for await (const chunk of file.read()) hash.update(chunk);
    return differenceOf(stored, file.size, hash.digest('hex')) === null;
  }
}

/** The names an image type has in Glance. A `tar` is for the driver `local` only. */
const DISK_FORMATS: Readonly<Record<string, string>> = {
  qcow2: 'qcow2',
  raw: 'raw',
  vhd: 'vhd',
  vhdx: 'vhdx',
  vmdk: 'vmdk',
  vdi: 'vdi',
  iso: 'iso',
};

function differenceOf(stored: JsonObject, size: number, md5: string): string | null {
  const storedSize = optionalNumber(stored, 'size');
  if (storedSize !== null && storedSize !== size) return `it has ${storedSize} bytes, the file has ${size}`;
  // Where MD5 is switched off there is none to compare.
  const storedMd5 = optionalText(stored, 'checksum');
  return storedMd5 !== null && storedMd5 !== md5 ? `its MD5 is ${storedMd5}, the file's is ${md5}` : null;
}

const STATUSES: Readonly<Record<string, PoolImage['status']>> = {
  active: 'active',
  queued: 'building',
  saving: 'building',
  uploading: 'building',
  importing: 'building',
};

function toPoolImage(image: JsonObject): PoolImage {
  const where = 'Glance’s image';
  const status = textIn(image, 'status', where);
  return {
    id: textIn(image, 'id', where),
    name: optionalText(image, 'name') ?? '',
    status: STATUSES[status] ?? 'error',
    message: STATUSES[status] ? null : `the image's status is ${status}`,
    tags: Object.fromEntries(Object.entries(image).filter(isProperty)),
  };
}

/** What Glance says of every image; the other texts are properties that somebody gave it. */
const OWN_FIELDS: ReadonlySet<string> = new Set(
  `id name status visibility checksum os_hash_algo os_hash_value owner created_at updated_at disk_format
   container_format file schema self locations direct_url stores tags`.split(/\s+/),
);

function isProperty(entry: [string, unknown]): entry is [string, string] {
  return typeof entry[1] === 'string' && !OWN_FIELDS.has(entry[0]);
}

function propertiesOf(tags: Tags): JsonObject {
  return Object.fromEntries(Object.entries(tags).filter(isProperty));
}

export function isUuid(text: string): boolean {
  return /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/i.test(text);
}
