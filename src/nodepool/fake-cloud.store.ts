import { Injectable } from '@nestjs/common';
import { DataSource, type EntityManager } from 'typeorm';
import {
  type FakeCall,
  FakeCloudStore,
  type FakeFailureKind,
  type FakeImageRow,
  type FakeServerRow,
} from '../drivers/pool/fake/fake-cloud.store.js';
import { FakeImage } from './fake-image.entity.js';
import { FakeServer } from './fake-server.entity.js';

/** How long calls are kept; they are only for looking at. */
const CALLS_KEPT = '1 hour';

/** The fake cloud's memory in our database: its servers survive a restart, and every process sees the same ones. */
@Injectable()
export class SqlFakeCloudStore extends FakeCloudStore {
  constructor(private readonly dataSource: DataSource) {
    super();
  }

  async listServers(provider: string): Promise<FakeServerRow[]> {
    await this.sweep(provider);
    return this.dataSource.manager.find(FakeServer, { where: { providerName: provider }, order: { createdAt: 'ASC' } });
  }

  async findServer(provider: string, id: string): Promise<FakeServerRow | null> {
    await this.sweep(provider);
    return this.dataSource.manager.findOneBy(FakeServer, { providerName: provider, id });
  }

  async countServers(provider: string): Promise<number> {
    await this.sweep(provider);
    return this.dataSource.manager.countBy(FakeServer, { providerName: provider });
  }

  addServer(provider: string, server: FakeServerRow, limit: number | null): Promise<boolean> {
    return this.dataSource.transaction(async (tx) => {
      if (limit !== null) {
        // Two creations at once must not both see the last free place.
        await tx.query(`select pg_advisory_xact_lock(hashtextextended('fake cloud ' || $1, 0))`, [provider]);
        await deleteGone(tx, provider);
        if ((await tx.countBy(FakeServer, { providerName: provider })) >= limit) return false;
      }
      await tx.insert(FakeServer, { ...server, tags: { ...server.tags }, providerName: provider });
      return true;
    });
  }

  async endServer(provider: string, id: string, goneAt: Date): Promise<void> {
    await this.dataSource.query(
      `update fake_servers set gone_at = $3 where provider_name = $1 and id = $2 and gone_at is null`,
      [provider, id, goneAt],
    );
  }

  async listImages(provider: string): Promise<FakeImageRow[]> {
    const where = { providerName: provider };
    const images = await this.dataSource.manager.find(FakeImage, { where, order: { createdAt: 'ASC' } });
    return images.map((image) => ({ ...image, sizeBytes: Number(image.sizeBytes) }));
  }

  async addImage(provider: string, image: FakeImageRow): Promise<void> {
    const row = { ...image, tags: { ...image.tags }, sizeBytes: String(image.sizeBytes), providerName: provider };
    await this.dataSource.manager.insert(FakeImage, row);
  }

  async removeImage(provider: string, id: string): Promise<void> {
    await this.dataSource.manager.delete(FakeImage, { providerName: provider, id });
  }

  async noteCall(provider: string, call: FakeCall, subject: string | null): Promise<void> {
    await this.dataSource.query(
      `with old as (delete from fake_calls where provider_name = $1 and called_at < now() - interval '${CALLS_KEPT}')
       insert into fake_calls (provider_name, call, subject) values ($1, $2, $3)`,
      [provider, call, subject],
    );
  }

  async takeFailure(provider: string, kind: FakeFailureKind, limit: number): Promise<boolean> {
    if (limit <= 0) {
      await this.dataSource.query(`delete from fake_failures where provider_name = $1 and call = $2`, [provider, kind]);
      return false;
    }
    const taken: unknown[] = await this.dataSource.query(
      `insert into fake_failures as f (provider_name, call, failed) values ($1, $2, 1)
       on conflict (provider_name, call) do update set failed = f.failed + 1 where f.failed < $3
       returning failed`,
      [provider, kind, limit],
    );
    return taken.length > 0;
  }

  private sweep(provider: string): Promise<void> {
    return deleteGone(this.dataSource.manager, provider);
  }
}

/** `gone_at` is of the clock of the process that asked, so it is compared with such a one. */
async function deleteGone(manager: EntityManager, provider: string): Promise<void> {
  await manager.query(`delete from fake_servers where provider_name = $1 and gone_at <= $2`, [provider, new Date()]);
}
