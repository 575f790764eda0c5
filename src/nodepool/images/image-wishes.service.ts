import { Injectable } from '@nestjs/common';
import type { EntityManager } from 'typeorm';
import { Conflict, NotFound } from '../../common/errors.js';
import type { NodepoolConfig, ProviderConfig, ProviderImageConfig } from '../config/nodepool-config.js';
import { DibImage } from '../dib-image.entity.js';
import type { Asker } from '../nodepool-work.js';
import { ProviderImage } from '../provider-image.entity.js';
import { POOL_STATES } from '../states.js';
import { transition } from '../transition.js';
import { PoolJobs } from '../jobs/pool-jobs.service.js';
import { deleteSteps, snapshotSteps, uploadSteps } from '../jobs/pool-steps.js';

export const IMAGE_KIND = 'nodepool.image';

/** An image that was asked for: a new one, or the one that was under way. */
export interface AskedImage {
  readonly id: number;
  readonly batchId: string;
  readonly isNew: boolean;
}

/** Records that an image shall be made at a provider or deleted, with the job that does it. */
@Injectable()
export class ImageWishes {
  constructor(private readonly jobs: PoolJobs) {}

  /** From the newest ready build, or behind the one that is under way. */
  async upload(
    tx: EntityManager,
    provider: ProviderConfig,
    image: ProviderImageConfig,
    diskimage: string,
    by: Asker,
  ): Promise<AskedImage> {
    const build = await newestBuild(tx, diskimage);
    if (!build) throw new Conflict('No image available for that upload. Please build one first.');
    return this.uploadBuild(tx, provider, image, build, by);
  }

  /** Of this build; an upload of it that is under way is not begun a second time. */
  async uploadBuild(
    tx: EntityManager,
    provider: ProviderConfig,
    image: ProviderImageConfig,
    build: Pick<DibImage, 'id' | 'imageName' | 'formats'>,
    by: Asker,
  ): Promise<AskedImage> {
    if (!build.formats.includes(provider.imageType)) {
      throw new Conflict(
        `The newest build of ${build.imageName} has no ${provider.imageType}. Please build one first.`,
      );
    }
    await lockImage(tx, provider.name, image.name);
    const same = await tx.findOneBy(ProviderImage, {
      providerName: provider.name,
      imageName: image.name,
      dibImageId: build.id,
      state: POOL_STATES.building,
    });
    const underWay = same && (await this.jobs.underWay(tx, IMAGE_KIND, same.id, 'upload'));
    if (same && underWay) return { id: same.id, batchId: underWay, isNew: false };
    const id = await insertImage(tx, provider, image, build.id);
    const label = `${provider.name}/${image.name}`;
    const wish = { kind: IMAGE_KIND, act: 'upload', id, label, steps: uploadSteps(), by } as const;
    return { id, batchId: await this.jobs.submit(tx, wish), isNew: true };
  }

  /** A snapshot that is under way is not begun a second time. */
  async snapshot(
    tx: EntityManager,
    provider: ProviderConfig,
    image: ProviderImageConfig,
    by: Asker,
  ): Promise<AskedImage> {
    if (image.setup === null || image.baseImage === null) {
      const lack = image.setup === null ? 'neither a setup script nor a diskimage' : 'no base-image';
      throw new Conflict(`Image ${image.name} of ${provider.name} has ${lack}: there is nothing to update it from`);
    }
    await lockImage(tx, provider.name, image.name);
    const building = await tx.findBy(ProviderImage, {
      providerName: provider.name,
      imageName: image.name,
      state: POOL_STATES.building,
    });
    for (const { id } of building) {
      const underWay = await this.jobs.underWay(tx, IMAGE_KIND, id, 'snapshot');
      if (underWay) return { id, batchId: underWay, isNew: false };
    }
    const id = await insertImage(tx, provider, image, null);
    const label = `${provider.name}/${image.name}`;
    const wish = { kind: IMAGE_KIND, act: 'snapshot', id, label, steps: snapshotSteps(provider, image), by } as const;
    return { id, batchId: await this.jobs.submit(tx, wish), isNew: true };
  }

  async delete(tx: EntityManager, id: number, by: Asker): Promise<void> {
    await transition(tx, ProviderImage, id, { to: 'delete', set: { nextTryAt: null } });
    const image = await tx.findOne(ProviderImage, { where: { id }, lock: { mode: 'pessimistic_write' } });
    if (image) await this.submitDeletion(tx, image, by);
  }

  async submitDeletion(
    tx: EntityManager,
    image: Pick<ProviderImage, 'id' | 'providerName' | 'imageName'>,
    by: Asker,
  ): Promise<void> {
    const label = `${image.providerName}/${image.imageName}`;
    const wish = { kind: IMAGE_KIND, act: 'delete', id: image.id, label, by } as const;
    await this.jobs.replaceByDeletion(tx, { ...wish, steps: deleteSteps('image') });
  }
}

/** The provider's image that is uploaded from a disk image: by its `diskimage:`, else by an equal name (spec section 2.7). */
export function imageOfDiskimage(provider: ProviderConfig, diskimage: string): ProviderImageConfig | null {
  return (
    provider.images.find((image) => image.diskimage === diskimage) ??
    provider.images.find((image) => image.name === diskimage && image.diskimage === null && image.setup === null) ??
    null
  );
}

export function providerOf(config: NodepoolConfig | null, name: string): ProviderConfig {
  const provider = config?.providers.find((candidate) => candidate.name === name);
  if (!provider) throw new NotFound('Provider name not found');
  return provider;
}

/** Ready ones first, the newest of them; else the newest that is being built. */
async function newestBuild(tx: EntityManager, diskimage: string): Promise<DibImage | null> {
  for (const state of [POOL_STATES.ready, POOL_STATES.building]) {
    const build = await tx.findOne(DibImage, {
      where: { imageName: diskimage, state },
      order: { version: { direction: 'DESC', nulls: 'FIRST' }, id: 'DESC' },
    });
    if (build) return build;
  }
  return null;
}

/** Two wishes for the same image at the same time must see each other. */
async function lockImage(tx: EntityManager, provider: string, image: string): Promise<void> {
  await tx.query(`select pg_advisory_xact_lock(hashtext('nodepool image'), hashtext($1))`, [`${provider}/${image}`]);
}

async function insertImage(
  tx: EntityManager,
  provider: ProviderConfig,
  image: ProviderImageConfig,
  dibImageId: number | null,
): Promise<number> {
  const words: Readonly<Record<string, string>> = {
    '{image.name}': image.name,
    '{provider.name}': provider.name,
    '{timestamp}': String(Math.floor(Date.now() / 1000)),
  };
  const hostname = provider.templateHostname.replace(/\{[\w.]+\}/g, (word) => words[word] ?? word);
  const row = { providerName: provider.name, imageName: image.name, hostname, dibImageId, state: POOL_STATES.building };
  const { identifiers } = await tx.insert(ProviderImage, row);
  return identifiers[0]!['id'] as number;
}
