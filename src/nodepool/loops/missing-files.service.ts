import { stat } from 'node:fs/promises';
import { Injectable, Logger } from '@nestjs/common';
import { DataSource } from 'typeorm';
import { ImageBuilder } from '../../drivers/image-builder/image-builder.js';
import { DibImage } from '../dib-image.entity.js';
import { DIB_KIND, DibWishes } from '../dibs/dib-wishes.service.js';
import { POOL_STATES } from '../states.js';
import { PoolAudit } from '../jobs/pool-audit.service.js';
import { POOL_LOOPS } from './pool-tick.js';

/** Build logs on this machine. */
const LOGS_KEPT = 200;

/** A ready build whose files somebody removed is none: its row goes, and the image is built anew (spec section 2.5). */
@Injectable()
export class MissingFiles {
  private readonly logger = new Logger(MissingFiles.name);

  constructor(
    private readonly dataSource: DataSource,
    private readonly wishes: DibWishes,
    private readonly builder: ImageBuilder,
    private readonly audit: PoolAudit,
  ) {}

  async pass(): Promise<void> {
    const builds = await this.dataSource.manager.findBy(DibImage, { state: POOL_STATES.ready });
    for (const { id, filename, formats } of builds) {
      // Only what was built here can be missed here: another machine may keep its images on a disk of its own.
      if (!(await isThere(this.builder.logPath({ id, filename, formats })))) continue;
      const missing = await firstMissing(formats.map((format) => `${filename}.${format}`));
      if (missing === null) continue;
      this.logger.warn(`${missing} is gone: the build is deleted`);
      await this.dataSource.transaction(async (tx) => {
        const [ready] = await tx.query<unknown[]>('select id from dib_images where id = $1 and state = 2 for update', [
          id,
        ]);
        // Somebody else has deleted it meanwhile, files first.
        if (!ready) return;
        await this.wishes.delete(tx, id, POOL_LOOPS);
        await this.audit.deleted(tx, DIB_KIND, [id], 'its files are gone');
      });
    }
    await this.builder.prune(LOGS_KEPT);
  }
}

/** Only what is certainly not there: a disk that does not answer is no reason to delete anything. */
async function firstMissing(paths: readonly string[]): Promise<string | null> {
  for (const path of paths) if (!(await isThere(path))) return path;
  return null;
}

async function isThere(path: string): Promise<boolean> {
  try {
    await stat(path);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code !== 'ENOENT';
  }
}
