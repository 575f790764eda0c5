import { createReadStream } from 'node:fs';
import { Injectable } from '@nestjs/common';
import { DataSource, In } from 'typeorm';
import { SecretBox } from '../../config/secret-box.js';
import type { DeviceImage } from '../../drivers/device-driver.js';
import { notFound } from '../drf/refusals.js';
import { FileServer } from './file-server.entity.js';
import { fileServerUrl } from './file-server-url.js';
import { ImageStore } from './image-store.js';
import { Image } from './image.entity.js';
import { PullAddress } from './pull-address.js';

/** What the rest of the domain asks about images. */
@Injectable()
export class ImagesService {
  constructor(
    private readonly dataSource: DataSource,
    private readonly secrets: SecretBox,
    private readonly store: ImageStore,
    private readonly address: PullAddress,
  ) {}

  async find(id: number): Promise<Image | null> {
    return this.dataSource.manager.findOneBy(Image, { id });
  }

  async get(id: number): Promise<Image> {
    const image = await this.find(id);
    if (image === null) throw notFound(`Image with ID ${id} does not exist`);
    return image;
  }

  async findMany(ids: readonly number[]): Promise<Map<number, Image>> {
    const unique = [...new Set(ids)];
    const images = unique.length === 0 ? [] : await this.dataSource.manager.findBy(Image, { id: In(unique) });
    return new Map(images.map((image) => [image.id, image]));
  }

  /**
   * The image as drivers know it: bytes for one that is pushed, an address for one that is pulled. A preferred file
   * server that is not ours is only used for images recorded on it, since only there the file is known to be.
   */
  async deviceImage(image: Image): Promise<DeviceImage> {
    const path = image.storageKey === null ? null : this.store.pathOf(image.storageKey, image.filename);
    return {
      filename: image.filename,
      version: image.version,
      sizeBytes: Number(image.sizeBytes),
      md5: image.md5,
      sha256: image.sha256,
      sha512: image.sha512,
      read: path === null ? null : (start) => createReadStream(path, { start }),
      url: path === null ? await this.remoteUrl(image) : this.address.of(image),
    };
  }

  private async remoteUrl(image: Image): Promise<string | null> {
    if (image.fileServerId === null) return null;
    const server = await this.dataSource.manager.findOneBy(FileServer, { id: image.fileServerId });
    if (server === null) return null;
    const password = server.password === null ? null : this.secrets.decrypt(server.password);
    return fileServerUrl({ ...server, password }, image.remotePath ?? image.filename);
  }
}
