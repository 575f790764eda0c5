import { randomBytes } from 'node:crypto';
import { Injectable, Logger } from '@nestjs/common';
import { DataSource, In } from 'typeorm';
import type { Principal } from '../../auth/principal.js';
import { defined } from '../../common/fields/defined.js';
import { AuditedRows, type RowKind, type Wish } from '../audited-rows.js';
import { doesNotExist } from '../drf/field-rules.js';
import { listPage, type Listing } from '../drf/listing.js';
import type { PageRequest, QueryValues } from '../drf/page.js';
import { invalidField, invalidFields } from '../drf/refusals.js';
import { wordingConstraints, wordingUse } from '../drf/unique.js';
import { assertNoUnfinishedJobWith } from '../unfinished-jobs.js';
import { FileServer } from './file-server.entity.js';
import { versionInName } from './image-name.js';
import { ImageStore, type ReceivedFile } from './image-store.js';
import { Image } from './image.entity.js';

/** Which bytes a device gets, and how it is told that it has them. */
const DELIVERED = [
  'filename',
  'version',
  'platform',
  'sizeBytes',
  'md5',
  'sha256',
  'sha512',
  'remotePath',
  'fileServerId',
] as const satisfies readonly (keyof Image)[];

/** The pull token stays out of the trail by its name. */
const IMAGE: RowKind<Image> = { entity: Image, type: 'image', label: (image) => image.filename };

const IMAGES: Listing = {
  search: ['i.filename', 'i.version'],
  ordering: {
    id: 'i.id',
    filename: 'i.filename',
    version: 'i.version',
    uploaded_at: 'i.uploadedAt',
    size_bytes: 'i.sizeBytes',
  },
  defaultOrder: 'i.id',
  tieBreaker: 'i.id',
  filters: {
    filename: { kind: 'text', column: 'i.filename' },
    version: { kind: 'text', column: 'i.version' },
    platform: { kind: 'text', column: 'i.platform' },
    status: { kind: 'text', column: 'i.status' },
    is_remote: { kind: 'boolean', column: 'i.isRemote' },
    file_server: { kind: 'integer', column: 'i.fileServerId' },
  },
};

/** What a client may say about an image. */
export interface ImageWish extends Wish<Image> {
  readonly filename?: string;
  readonly sizeBytes?: string;
}

/** Keeps the images: files that were uploaded, and records of files that lie elsewhere. */
@Injectable()
export class ImageLibraryService {
  private readonly logger = new Logger(ImageLibraryService.name);

  constructor(
    private readonly dataSource: DataSource,
    private readonly rows: AuditedRows,
    private readonly store: ImageStore,
  ) {}

  list(query: QueryValues): Promise<{ page: PageRequest; count: number; rows: Image[] }> {
    return listPage(this.dataSource.createQueryBuilder(Image, 'i'), IMAGES, query);
  }

  async fileServersOf(images: readonly Image[]): Promise<Map<number, FileServer>> {
    const ids = [...new Set(images.flatMap((image) => (image.fileServerId === null ? [] : [image.fileServerId])))];
    const servers = ids.length === 0 ? [] : await this.dataSource.manager.findBy(FileServer, { id: In(ids) });
    return new Map(servers.map((server) => [server.id, server]));
  }

  /** Makes an image of a received file. The file is dropped when that fails, so nothing half-made stays. */
  async add(principal: Principal, file: ReceivedFile, wish: ImageWish & { filename: string }): Promise<Image> {
    try {
      assertHashes(file, wish);
      const version = versionFor(wish);
      await this.store.keep(file.key, wish.filename);
      return await this.insert(principal, {
        ...wish,
        version,
        isRemote: false,
        storageKey: file.key,
        sizeBytes: String(file.sizeBytes),
        md5: file.md5,
        sha256: file.sha256,
        sha512: file.sha512,
      });
    } catch (error) {
      await this.store.remove(file.key);
      throw error;
    }
  }

  /** Records an image that lies on a file server. */
  async record(principal: Principal, wish: ImageWish & { filename: string }): Promise<Image> {
    if (wish.isRemote === false) throw invalidField('file', 'No file was submitted.');
    const missing = Object.entries({ file_server: wish.fileServerId, size_bytes: wish.sizeBytes }).filter(
      ([, value]) => value === undefined || value === null,
    );
    if (missing.length > 0)
      throw invalidFields(Object.fromEntries(missing.map(([field]) => [field, ['This field is required.']])));
    return this.insert(principal, { ...wish, version: versionFor(wish), isRemote: true });
  }

  /**
   * What describes a stored file (its name, size and hashes) is not up for change: devices may have it already. What is put
   * on devices is not changed under a job either (409): somebody may have approved it as it was.
   */
  async update(principal: Principal, id: number, wish: ImageWish): Promise<Image> {
    return wordingConstraints(constraintWords(wish), () =>
      this.dataSource.transaction(async (tx) => {
        const image = await this.rows.lock(tx, IMAGE, id);
        const change = image.isRemote ? wish : changeable(wish);
        const isOther = DELIVERED.some((field) => change[field] !== undefined && change[field] !== image[field]);
        if (isOther) await assertNoUnfinishedJobWith(tx, id, image.filename);
        return this.rows.update(tx, principal, IMAGE, id, change);
      }),
    );
  }

  async remove(principal: Principal, id: number): Promise<void> {
    const image = await wordingUse('Image', () =>
      this.dataSource.transaction(async (tx) => {
        const { filename } = await this.rows.lock(tx, IMAGE, id);
        await assertNoUnfinishedJobWith(tx, id, filename);
        return this.rows.remove(tx, principal, IMAGE, id);
      }),
    );
    if (image.storageKey === null) return;
    await this.store.remove(image.storageKey).catch((error: unknown) => {
      // The image is gone for everybody; a file that could not be deleted only takes space.
      this.logger.warn(`the file of image ${id} could not be deleted: ${String(error)}`);
    });
  }

  private insert(principal: Principal, wish: Wish<Image>): Promise<Image> {
    const values = {
      status: 'ready' as const,
      ...defined(wish),
      pullToken: randomBytes(24).toString('base64url'),
      uploadedBy: principal.username,
    };
    return wordingConstraints(constraintWords(wish), () =>
      this.dataSource.transaction((tx) => this.rows.insert(tx, principal, IMAGE, values)),
    );
  }
}

function versionFor(wish: ImageWish & { filename: string }): string {
  const version = wish.version ?? versionInName(wish.filename);
  if (version === null) throw invalidField('version', 'This field is required: the file name holds no version.');
  return version;
}

function assertHashes(file: ReceivedFile, wish: ImageWish): void {
  const fields = {
    md5_checksum: [wish.md5, file.md5],
    sha256: [wish.sha256, file.sha256],
    sha512: [wish.sha512, file.sha512],
  };
  const wrong = Object.entries(fields).filter(([, [expected, found]]) => expected && expected !== found);
  if (wrong.length === 0) return;
  throw invalidFields(
    Object.fromEntries(
      wrong.map(([field, [expected, found]]) => [
        field,
        [`The file does not match: expected ${expected}, got ${found}.`],
      ]),
    ),
  );
}

function changeable({ version, platform, status }: ImageWish): Wish<Image> {
  return { version, platform, status };
}

function constraintWords(wish: Wish<Image>) {
  return { images_file_server_id_fkey: { file_server: [doesNotExist(wish.fileServerId ?? 0)] } };
}
