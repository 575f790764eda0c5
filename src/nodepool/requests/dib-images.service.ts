import { Injectable } from '@nestjs/common';
import { InjectDataSource } from '@nestjs/typeorm';
import { DataSource } from 'typeorm';
import { AuditService } from '../../auth/audit/audit.service.js';
import type { Principal } from '../../auth/principal.js';
import { NotFound } from '../../common/errors.js';
import { SecretBox } from '../../config/secret-box.js';
import { NodepoolConfigStore } from '../config/nodepool-config.store.js';
import { DibBuild } from '../dib-build.entity.js';
import { DibImage } from '../dib-image.entity.js';
import { imageOfDiskimage } from '../images/image-wishes.service.js';
import { NodepoolWork } from '../nodepool-work.js';
import { POOL_STATES, stateName } from '../states.js';
import { askedProviders } from './asked-providers.js';

/** What a caller does with disk images (spec nodepool sections 1.5 and 1.6). */
@Injectable()
export class DibImagesService {
  constructor(
    @InjectDataSource() private readonly database: DataSource,
    private readonly audit: AuditService,
    private readonly config: NodepoolConfigStore,
    private readonly work: NodepoolWork,
    private readonly secrets: SecretBox,
  ) {}

  list(): Promise<DibImage[]> {
    return this.database.manager.find(DibImage, { order: { imageName: 'ASC', id: 'ASC' } });
  }

  async get(id: number): Promise<DibImage> {
    return present(await this.database.manager.findOneBy(DibImage, { id }));
  }

  /** Of the build with this id, also when its image is gone; else of the newest build of that name. */
  async getBuild(name: string, id: number | null): Promise<DibBuild> {
    const { manager } = this.database;
    const byId = id === null ? null : await manager.findOneBy(DibBuild, { dibImageId: id });
    // No name of an image holds one, and no statement takes one.
    const newest = { where: { imageName: name.replaceAll('\0', '') }, order: { dibImageId: 'DESC' } } as const;
    const build = byId ?? (await manager.findOne(DibBuild, newest));
    if (!build) throw new NotFound('Dib image id not found');
    return build;
  }

  /** What it was told and nobody may read. */
  secretsOf(build: DibBuild): string[] {
    return build.secrets === null ? [] : (JSON.parse(this.secrets.decrypt(build.secrets)) as string[]);
  }

  async delete(id: number, by: Principal): Promise<void> {
    await this.database.transaction(async (tx) => {
      const dib = present(await tx.findOne(DibImage, { where: { id }, lock: { mode: 'pessimistic_write' } }));
      await this.work.deleteDib(tx, id, { id: by.userId, name: by.username });
      if (dib.state === POOL_STATES.delete) return;
      await this.audit.record(tx, by, {
        action: 'delete',
        objectType: 'dib-image',
        objectId: id,
        objectRepr: dib.imageName,
        before: { state: stateName(dib.state) },
        after: { state: 'delete' },
      });
    });
  }

  /** The batch that builds it, a new one or the one that is at it. */
  async build(name: string, by: Principal): Promise<string> {
    this.assertKnown(name);
    return this.database.transaction(async (tx) => {
      const batchId = await this.work.buildDib(tx, name, { id: by.userId, name: by.username });
      await this.audit.record(tx, by, { action: 'build', objectType: 'dib-image', objectId: name, objectRepr: name });
      return batchId;
    });
  }

  /** `provider` may be `all`: every provider that takes the disk image. */
  async upload(name: string, provider: string, by: Principal): Promise<void> {
    const { providers, isAll } = askedProviders(this.config.current(), provider);
    this.assertKnown(name);
    const chosen = providers.filter((each) => imageOfDiskimage(each, name) !== null);
    if (chosen.length === 0) throw new NotFound('Image name not found');
    await this.database.transaction(async (tx) => {
      for (const each of chosen) await this.work.uploadDib(tx, name, each.name, { id: by.userId, name: by.username });
      await this.audit.record(tx, by, {
        action: 'upload',
        objectType: 'dib-image',
        objectId: name,
        objectRepr: `${name} to ${isAll ? 'all' : provider}`,
      });
    });
  }

  private assertKnown(name: string): void {
    const isKnown = this.config.current()?.diskimages.some((diskimage) => diskimage.name === name) ?? false;
    if (!isKnown) throw new NotFound('Dib image name not found');
  }
}

function present(dib: DibImage | null): DibImage {
  if (!dib) throw new NotFound('Dib image id not found');
  return dib;
}
