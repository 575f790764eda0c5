import { join } from 'node:path';
import { Injectable } from '@nestjs/common';
import type { EntityManager } from 'typeorm';
import { NotFound } from '../../common/errors.js';
import type { DiskimageConfig, NodepoolConfig } from '../config/nodepool-config.js';
import { DibImage } from '../dib-image.entity.js';
import { imageOfDiskimage } from '../images/image-wishes.service.js';
import type { Asker } from '../nodepool-work.js';
import { POOL_STATES } from '../states.js';
import { transition } from '../transition.js';
import { PoolJobs } from '../jobs/pool-jobs.service.js';
import { buildSteps, deleteSteps } from '../jobs/pool-steps.js';
import { DibRecords } from './dib-records.service.js';

export const DIB_KIND = 'nodepool.dib';

/** A build that was asked for: a new one, or the one that was under way. */
export interface AskedBuild {
  readonly batchId: string;
  readonly build: Pick<DibImage, 'id' | 'imageName' | 'formats'>;
  readonly isNew: boolean;
}

/** Records that a disk image shall be built or deleted, with the job that does it. */
@Injectable()
export class DibWishes {
  constructor(
    private readonly jobs: PoolJobs,
    private readonly records: DibRecords,
  ) {}

  /** One build of a name at a time: a second wish is the first one's (spec nodepool section 1.6). */
  async build(tx: EntityManager, config: NodepoolConfig, diskimage: DiskimageConfig, by: Asker): Promise<AskedBuild> {
    const { name } = diskimage;
    await tx.query(`select pg_advisory_xact_lock(hashtext('nodepool dib'), hashtext($1))`, [name]);
    for (const build of await tx.findBy(DibImage, { imageName: name, state: POOL_STATES.building })) {
      const batchId = await this.jobs.underWay(tx, DIB_KIND, build.id, 'build');
      if (batchId) return { batchId, build, isNew: false };
    }
    const formats = formatsWanted(config, name);
    const id = await this.records.insert(tx, {
      imageName: name,
      filename: await freeFilename(tx, config.imagesDir, name),
      formats,
    });
    const wish = { kind: DIB_KIND, act: 'build', id, label: name, steps: buildSteps(diskimage), by } as const;
    return { batchId: await this.jobs.submit(tx, wish), build: { id, imageName: name, formats }, isNew: true };
  }

  async delete(tx: EntityManager, id: number, by: Asker): Promise<void> {
    await transition(tx, DibImage, id, { to: 'delete', set: { nextTryAt: null } });
    const build = await tx.findOne(DibImage, { where: { id }, lock: { mode: 'pessimistic_write' } });
    if (build) await this.submitDeletion(tx, build, by);
  }

  async submitDeletion(tx: EntityManager, build: Pick<DibImage, 'id' | 'imageName'>, by: Asker): Promise<void> {
    const wish = { kind: DIB_KIND, act: 'delete', id: build.id, label: build.imageName, by } as const;
    await this.jobs.replaceByDeletion(tx, { ...wish, steps: deleteSteps('files') });
  }
}

export function diskimageOf(config: NodepoolConfig | null, name: string): DiskimageConfig {
  const diskimage = config?.diskimages.find((candidate) => candidate.name === name);
  if (!diskimage) throw new NotFound('Dib image name not found');
  return diskimage;
}

/** Whatever the providers that use it take (spec section 2.4). */
function formatsWanted(config: NodepoolConfig, name: string): string[] {
  const users = config.providers.filter((provider) => imageOfDiskimage(provider, name) !== null);
  const formats = [...new Set(users.map(({ imageType }) => imageType))].sort();
  return formats.length > 0 ? formats : ['qcow2'];
}

/** `<images-dir>/<name>-<epoch>`; a second build within the same second gets the next one. */
async function freeFilename(tx: EntityManager, imagesDir: string, name: string): Promise<string> {
  for (let epoch = Math.floor(Date.now() / 1000); ; epoch += 1) {
    const filename = join(imagesDir, `${name}-${epoch}`);
    if (!(await tx.existsBy(DibImage, { filename }))) return filename;
  }
}
