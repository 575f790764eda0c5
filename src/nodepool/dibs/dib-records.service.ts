import { Injectable } from '@nestjs/common';
import { DataSource, type EntityManager } from 'typeorm';
import { SecretBox } from '../../config/secret-box.js';
import { DibBuild, type DibBuildStatus } from '../dib-build.entity.js';
import { DibImage } from '../dib-image.entity.js';
import { POOL_STATES } from '../states.js';
import { transition } from '../transition.js';

export interface BuildEnd {
  readonly status: Extract<DibBuildStatus, 'succeeded' | 'failed' | 'cancelled'>;
  readonly exitCode: number | null;
  readonly error: string | null;
  readonly logTail: string | null;
}

/** What is written of a disk image and its build. The build's row outlives the image's (spec nodepool section 1.6). */
@Injectable()
export class DibRecords {
  constructor(
    private readonly dataSource: DataSource,
    private readonly secretBox: SecretBox,
  ) {}

  find(id: number): Promise<DibImage | null> {
    return this.dataSource.manager.findOneBy(DibImage, { id });
  }

  /** The build really starts now. False: it is not wanted any more. */
  async started(id: number, logPath: string, secrets: readonly string[]): Promise<boolean> {
    const hidden = secrets.length === 0 ? null : this.secretBox.encrypt(JSON.stringify(secrets));
    return this.dataSource.transaction(async (tx) => {
      const rows = await tx.query<unknown[]>(
        `with changed as (
           update dib_images d set version = coalesce(version, greatest(extract(epoch from clock_timestamp())::bigint,
             1 + coalesce((select max(version) from dib_images o where o.image_name = d.image_name), 0)))
           where id = $1 and state = ${POOL_STATES.building} returning id)
         select id from changed`,
        [id],
      );
      if (rows.length === 0) return false;
      await tx.query(
        `update dib_builds set status = 'running', started_at = coalesce(started_at, now()), log_path = $2,
           secrets = $3
         where dib_image_id = $1 and status in ('queued', 'running')`,
        [id, logPath, hidden],
      );
      return true;
    });
  }

  async ended(tx: EntityManager, id: number, end: BuildEnd): Promise<void> {
    await tx.query(
      `update dib_builds set status = $2, exit_code = $3, error = $4, log_tail = coalesce($5, log_tail), finished_at = now()
       where dib_image_id = $1 and status in ('queued', 'running')`,
      [id, end.status, end.exitCode, end.error, end.logTail],
    );
  }

  async hasProblem(id: number, problem: string): Promise<void> {
    await this.dataSource.query('update dib_images set last_error = $2, tries = tries + 1 where id = $1', [
      id,
      problem,
    ]);
  }

  built(tx: EntityManager, id: number): Promise<boolean> {
    return transition(tx, DibImage, id, { to: 'ready', from: ['building'], set: { lastError: null } });
  }

  failed(tx: EntityManager, id: number, problem: string): Promise<boolean> {
    return transition(tx, DibImage, id, { to: 'delete', from: ['building'], set: { lastError: problem } });
  }

  async remove(tx: EntityManager, id: number): Promise<void> {
    await tx.query(`delete from dib_images where id = $1 and state = ${POOL_STATES.delete}`, [id]);
  }

  async insert(tx: EntityManager, row: Pick<DibImage, 'imageName' | 'filename' | 'formats'>): Promise<number> {
    const { identifiers } = await tx.insert(DibImage, { ...row, state: POOL_STATES.building });
    const id = identifiers[0]!['id'] as number;
    await tx.insert(DibBuild, { dibImageId: id, imageName: row.imageName, status: 'queued' });
    return id;
  }
}
