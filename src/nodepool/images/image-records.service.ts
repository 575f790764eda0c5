import { Injectable } from '@nestjs/common';
import { DataSource, type EntityManager } from 'typeorm';
import { ProviderImage } from '../provider-image.entity.js';
import { POOL_STATES } from '../states.js';
import { transition } from '../transition.js';

/** What is written of a provider's image while it is made and deleted. */
@Injectable()
export class ImageRecords {
  constructor(private readonly dataSource: DataSource) {}

  find(id: number): Promise<ProviderImage | null> {
    return this.dataSource.manager.findOneBy(ProviderImage, { id });
  }

  /** The work begins: from now on it has a version, newer than any other of the same image. */
  async started(id: number): Promise<void> {
    await this.dataSource.query(
      `update provider_images i set version = greatest(extract(epoch from clock_timestamp())::bigint,
         1 + coalesce((select max(version) from provider_images o
           where o.provider_name = i.provider_name and o.image_name = i.image_name), 0))
       where id = $1 and version is null`,
      [id],
    );
  }

  async hasServer(id: number, externalId: string): Promise<void> {
    await this.dataSource.query('update provider_images set server_external_id = $2 where id = $1', [id, externalId]);
  }

  async hasImage(id: number, externalId: string): Promise<void> {
    await this.dataSource.query('update provider_images set external_id = $2 where id = $1', [id, externalId]);
  }

  async isBuilding(id: number): Promise<boolean> {
    const image = await this.find(id);
    return image?.state === POOL_STATES.building;
  }

  async hasProblem(id: number, problem: string): Promise<void> {
    await this.dataSource.query('update provider_images set last_error = $2, tries = tries + 1 where id = $1', [
      id,
      problem,
    ]);
  }

  made(tx: EntityManager, id: number): Promise<boolean> {
    return transition(tx, ProviderImage, id, { to: 'ready', from: ['building'], set: { lastError: null } });
  }

  /** True: it is to be deleted. */
  failed(tx: EntityManager, id: number, problem: string): Promise<boolean> {
    return transition(tx, ProviderImage, id, { to: 'delete', from: ['building'], set: { lastError: problem } });
  }

  async remove(tx: EntityManager, id: number): Promise<void> {
    await tx.query(`delete from provider_images where id = $1 and state = ${POOL_STATES.delete}`, [id]);
  }
}
