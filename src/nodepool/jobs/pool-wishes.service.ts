import { setTimeout as delay } from 'node:timers/promises';
import { Injectable } from '@nestjs/common';
import { DataSource, type EntityManager } from 'typeorm';
import { NotFound } from '../../common/errors.js';
import type { PoolImage, PoolServer } from '../../drivers/pool/pool-provider.js';
import { NodepoolConfigStore } from '../config/nodepool-config.store.js';
import { DibWishes, diskimageOf } from '../dibs/dib-wishes.service.js';
import { ImageWishes, imageOfDiskimage, providerOf } from '../images/image-wishes.service.js';
import { AlienSearch } from '../loops/alien-search.service.js';
import { NodeWishes } from '../nodes/node-wishes.service.js';
import { type Aliens, type Asker, NodepoolWork } from '../nodepool-work.js';

const LOOK_MS = 200;

/** Turns what the API asks for into rows and jobs. */
@Injectable()
export class PoolWishes extends NodepoolWork {
  constructor(
    private readonly dataSource: DataSource,
    private readonly config: NodepoolConfigStore,
    private readonly nodes: NodeWishes,
    private readonly images: ImageWishes,
    private readonly dibs: DibWishes,
    private readonly aliens: AlienSearch,
  ) {
    super();
  }

  deleteNode(tx: EntityManager, id: number, by: Asker): Promise<void> {
    return this.nodes.delete(tx, id, by);
  }

  deleteImage(tx: EntityManager, id: number, by: Asker): Promise<void> {
    return this.images.delete(tx, id, by);
  }

  deleteDib(tx: EntityManager, id: number, by: Asker): Promise<void> {
    return this.dibs.delete(tx, id, by);
  }

  async buildDib(tx: EntityManager, name: string, by: Asker): Promise<string> {
    const config = this.config.current();
    const diskimage = diskimageOf(config, name);
    return (await this.dibs.build(tx, config!, diskimage, by)).batchId;
  }

  async uploadDib(tx: EntityManager, name: string, providerName: string, by: Asker): Promise<string> {
    const config = this.config.current();
    const provider = providerOf(config, providerName);
    diskimageOf(config, name);
    const image = imageOfDiskimage(provider, name);
    if (!image) throw new NotFound('Image name not found');
    return (await this.images.upload(tx, provider, image, name, by)).batchId;
  }

  async updateImage(tx: EntityManager, imageName: string, providerName: string, by: Asker): Promise<string> {
    const config = this.config.current();
    const provider = providerOf(config, providerName);
    const image = provider.images.find(({ name }) => name === imageName);
    if (!image) throw new NotFound('Image name not found');
    if (image.diskimage === null) return (await this.images.snapshot(tx, provider, image, by)).batchId;
    const { build } = await this.dibs.build(tx, config!, diskimageOf(config, image.diskimage), by);
    return (await this.images.uploadBuild(tx, provider, image, build, by)).batchId;
  }

  async waitFor(batchId: string, ms: number, signal?: AbortSignal): Promise<boolean> {
    const until = Date.now() + ms;
    for (;;) {
      const [batch] = await this.dataSource.query<{ ended: boolean }[]>(
        'select finished_at is not null as ended from batches where id = $1',
        [batchId],
      );
      if (batch === undefined || batch.ended) return true;
      if (signal?.aborted || Date.now() >= until) return false;
      await delay(Math.min(LOOK_MS, Math.max(1, until - Date.now())), undefined, { signal }).catch(() => undefined);
    }
  }

  alienServers(providers: readonly string[]): Promise<Aliens<PoolServer>[]> {
    return this.aliens.servers(providers);
  }

  alienImages(providers: readonly string[]): Promise<Aliens<PoolImage>[]> {
    return this.aliens.images(providers);
  }
}
