import { Injectable } from '@nestjs/common';
import { InjectDataSource } from '@nestjs/typeorm';
import { DataSource } from 'typeorm';
import { AuditService } from '../../auth/audit/audit.service.js';
import type { Principal } from '../../auth/principal.js';
import { NotFound } from '../../common/errors.js';
import { NodepoolConfigStore } from '../config/nodepool-config.store.js';
import { NodepoolWork } from '../nodepool-work.js';
import { ProviderImage } from '../provider-image.entity.js';
import { POOL_STATES, stateName } from '../states.js';
import { askedProviders } from './asked-providers.js';

/** An image as a path names it: by its name in the config, or by the id of one of its rows (spec nodepool section 1.7). */
export interface ImageReference {
  readonly name: string;
  readonly id: number | null;
}

/** What a caller does with images in providers (spec nodepool sections 1.5 and 1.6). */
@Injectable()
export class ProviderImagesService {
  constructor(
    @InjectDataSource() private readonly database: DataSource,
    private readonly audit: AuditService,
    private readonly config: NodepoolConfigStore,
    private readonly work: NodepoolWork,
  ) {}

  list(): Promise<ProviderImage[]> {
    return this.database.manager.find(ProviderImage, {
      order: { providerName: 'ASC', imageName: 'ASC', id: 'ASC' },
    });
  }

  async get(id: number): Promise<ProviderImage> {
    return present(await this.database.manager.findOneBy(ProviderImage, { id }));
  }

  async delete(id: number, by: Principal): Promise<void> {
    await this.database.transaction(async (tx) => {
      const lock = { mode: 'pessimistic_write' } as const;
      const image = present(await tx.findOne(ProviderImage, { where: { id }, lock }));
      await this.work.deleteImage(tx, id, { id: by.userId, name: by.username });
      if (image.state === POOL_STATES.delete) return;
      await this.audit.record(tx, by, {
        action: 'delete',
        objectType: 'provider-image',
        objectId: id,
        objectRepr: `${image.imageName} on ${image.providerName}`,
        before: { state: stateName(image.state) },
        after: { state: 'delete' },
      });
    });
  }

  /** `provider` may be `all`: every provider that has the image. */
  async update(reference: ImageReference, provider: string, by: Principal): Promise<void> {
    const { providers, isAll } = askedProviders(this.config.current(), provider);
    const name = await this.imageName(reference);
    const chosen = providers.filter(({ images }) => images.some((image) => image.name === name));
    if (chosen.length === 0) throw new NotFound('Image name not found');
    await this.database.transaction(async (tx) => {
      for (const each of chosen) {
        await this.work.updateImage(tx, name, each.name, { id: by.userId, name: by.username });
      }
      await this.audit.record(tx, by, {
        action: 'update',
        objectType: 'provider-image',
        objectId: name,
        objectRepr: `${name} on ${isAll ? 'all' : provider}`,
      });
    });
  }

  /** The name counts first; a number that is no image's name is the id of a row. */
  private async imageName({ name, id }: ImageReference): Promise<string> {
    const isName = this.config.current()?.providers.some(({ images }) => images.some((image) => image.name === name));
    if (isName || id === null) return name;
    return (await this.database.manager.findOneBy(ProviderImage, { id }))?.imageName ?? name;
  }
}

function present(image: ProviderImage | null): ProviderImage {
  if (!image) throw new NotFound('Image id not found');
  return image;
}
