import { Injectable, Logger } from '@nestjs/common';
import { DataSource, type EntityManager } from 'typeorm';
import { DomainError } from '../../common/errors.js';
import type {
  DiskimageConfig,
  NodepoolConfig,
  ProviderConfig,
  ProviderImageConfig,
} from '../config/nodepool-config.js';
import { NodepoolConfigStore } from '../config/nodepool-config.store.js';
import { DibImage } from '../dib-image.entity.js';
import { type AskedBuild, DIB_KIND, DibWishes, diskimageOf } from '../dibs/dib-wishes.service.js';
import { IMAGE_KIND, ImageWishes } from '../images/image-wishes.service.js';
import { ProviderImage } from '../provider-image.entity.js';
import { backoffName, Backoffs } from '../providers/backoffs.service.js';
import { POOL_STATES } from '../states.js';
import { PoolAudit } from '../jobs/pool-audit.service.js';
import { exclusively, POOL_LOOPS } from './pool-tick.js';

interface UsedImage {
  readonly provider: ProviderConfig;
  readonly image: ProviderImageConfig;
}

type Built = AskedBuild['build'];

interface Stock {
  readonly images: readonly ProviderImage[];
  readonly dibs: readonly DibImage[];
  readonly blocked: ReadonlySet<string>;
}

/** Sees to it that every image a label uses is there and not too old (spec nodepool section 2.5). */
@Injectable()
export class ImageKeeper {
  private readonly logger = new Logger(ImageKeeper.name);

  constructor(
    private readonly dataSource: DataSource,
    private readonly config: NodepoolConfigStore,
    private readonly dibs: DibWishes,
    private readonly images: ImageWishes,
    private readonly backoffs: Backoffs,
    private readonly audit: PoolAudit,
  ) {}

  /** Builds, uploads and snapshots what a label uses and nobody has. */
  async addMissing(): Promise<void> {
    const config = this.config.current();
    if (!config) return;
    await exclusively(this.dataSource, 'images', async (tx) => {
      const stock = await this.stock(tx);
      for (const used of usedImages(config)) await this.addIfMissing(tx, config, stock, used);
    });
  }

  /** `cron.image-update`: everything anew, whatever there is. */
  async updateAll(): Promise<void> {
    const config = this.config.current();
    if (!config) return;
    await exclusively(this.dataSource, 'images', async (tx) => {
      for (const { provider, image } of usedImages(config)) {
        if (image.diskimage !== null) await this.rebuild(tx, config, provider, image, image.diskimage);
        else if (image.setup !== null && image.baseImage !== null) {
          await this.snapshot(tx, provider, image);
        }
      }
    });
  }

  private async addIfMissing(tx: EntityManager, config: NodepoolConfig, stock: Stock, used: UsedImage): Promise<void> {
    const { provider, image } = used;
    const has = stock.images.some(
      ({ providerName, imageName }) => providerName === provider.name && imageName === image.name,
    );
    const isBlocked =
      stock.blocked.has(backoffName.provider(provider.name)) ||
      stock.blocked.has(backoffName.image(provider.name, image.name));
    if (image.diskimage !== null) {
      const build = await this.buildIfMissing(tx, config, stock, provider, image.diskimage);
      if (build && !has && !isBlocked) await this.upload(tx, provider, image, build);
      if (build && has) await this.renew(tx, config, provider, image, build);
    } else if (image.setup !== null && image.baseImage !== null && !has && !isBlocked) {
      await this.snapshot(tx, provider, image);
    }
  }

  /** The newest ready build with the provider's format; null while there is none. */
  private async buildIfMissing(
    tx: EntityManager,
    config: NodepoolConfig,
    stock: Stock,
    provider: ProviderConfig,
    name: string,
  ): Promise<DibImage | null> {
    const builds = stock.dibs.filter(({ imageName, formats }) => {
      return imageName === name && formats.includes(provider.imageType);
    });
    const diskimage = diskimageOf(config, name);
    const isBlocked = stock.blocked.has(backoffName.dib(name)) || diskimage.pause;
    if (builds.length === 0 && !isBlocked) await this.build(tx, config, diskimage);
    return builds.find(({ state }) => state === POOL_STATES.ready) ?? null;
  }

  /** `rebuild-age`: a build that is older is made anew and uploaded, as if somebody had asked for it. */
  private async renew(
    tx: EntityManager,
    config: NodepoolConfig,
    provider: ProviderConfig,
    image: ProviderImageConfig,
    build: DibImage,
  ): Promise<void> {
    const { rebuildAgeS, pause } = diskimageOf(config, build.imageName);
    if (rebuildAgeS === null || pause || Date.now() - build.stateTime.getTime() < rebuildAgeS * 1000) return;
    await this.rebuild(tx, config, provider, image, build.imageName);
  }

  private async rebuild(
    tx: EntityManager,
    config: NodepoolConfig,
    provider: ProviderConfig,
    image: ProviderImageConfig,
    name: string,
  ): Promise<void> {
    const diskimage = diskimageOf(config, name);
    if (diskimage.pause) return;
    try {
      const build = await this.build(tx, config, diskimage);
      await this.upload(tx, provider, image, build);
    } catch (error) {
      // A build under way that lacks this provider's format: the next pass asks for one that has it.
      if (!(error instanceof DomainError)) throw error;
      this.logger.warn(error.message);
    }
  }

  private async build(tx: EntityManager, config: NodepoolConfig, diskimage: DiskimageConfig): Promise<Built> {
    const { build, isNew } = await this.dibs.build(tx, config, diskimage, POOL_LOOPS);
    if (isNew) await this.audit.begun(tx, DIB_KIND, 'build', [build.id], diskimage.name);
    return build;
  }

  private async upload(
    tx: EntityManager,
    provider: ProviderConfig,
    image: ProviderImageConfig,
    build: Built,
  ): Promise<void> {
    const { id, isNew } = await this.images.uploadBuild(tx, provider, image, build, POOL_LOOPS);
    if (isNew) await this.audit.begun(tx, IMAGE_KIND, 'upload', [id], `${provider.name}/${image.name}`);
  }

  private async snapshot(tx: EntityManager, provider: ProviderConfig, image: ProviderImageConfig): Promise<void> {
    const { id, isNew } = await this.images.snapshot(tx, provider, image, POOL_LOOPS);
    if (isNew) await this.audit.begun(tx, IMAGE_KIND, 'snapshot', [id], `${provider.name}/${image.name}`);
  }

  private async stock(tx: EntityManager): Promise<Stock> {
    const alive = [{ state: POOL_STATES.building }, { state: POOL_STATES.ready }];
    return {
      images: await tx.find(ProviderImage, { where: alive }),
      dibs: await tx.find(DibImage, {
        where: alive,
        order: { version: { direction: 'DESC', nulls: 'LAST' }, id: 'DESC' },
      }),
      blocked: new Set((await this.backoffs.list(tx)).filter(({ isOpen }) => isOpen).map(({ name }) => name)),
    };
  }
}

/** Of labels that are on, also with `min-ready: 0`; each once. */
export function usedImages(config: NodepoolConfig): UsedImage[] {
  const used = new Map<string, UsedImage>();
  for (const label of config.labels) {
    if (label.minReady < 0 || label.image === null) continue;
    for (const name of label.providers) {
      const provider = config.providers.find((candidate) => candidate.name === name);
      const image = provider?.images.find((candidate) => candidate.name === label.image);
      if (provider && image && provider.driver !== 'static') used.set(`${name}/${image.name}`, { provider, image });
    }
  }
  return [...used.values()];
}
