import { Injectable, Logger } from '@nestjs/common';
import { DataSource } from 'typeorm';
import { PoolError } from '../../drivers/pool/pool-provider.js';
import type { CallIo, ProviderAccess } from '../providers/provider-access.js';
import { ProvidersService } from '../providers/providers.service.js';
import { PoolAudit } from '../jobs/pool-audit.service.js';
import { AlienSearch } from './alien-search.service.js';

/** Longest one provider may take; the others do not wait for it. */
const PROVIDER_MS = 300_000;

/**
 * Deletes what work that was lost left behind at the providers: servers and images with our tags that no row stands for.
 * Whatever has no tags of ours is never touched (spec nodepool section 2.5).
 */
@Injectable()
export class LeakSweep {
  private readonly logger = new Logger(LeakSweep.name);

  constructor(
    private readonly dataSource: DataSource,
    private readonly providers: ProvidersService,
    private readonly aliens: AlienSearch,
    private readonly audit: PoolAudit,
  ) {}

  async pass(): Promise<void> {
    await Promise.all(this.providers.list().map((access) => this.sweep(access)));
  }

  private async sweep(access: ProviderAccess): Promise<void> {
    const { name } = access.config;
    const io: CallIo = {
      signal: AbortSignal.timeout(PROVIDER_MS),
      log: (text) => this.logger.debug(`${name}: ${text}`),
    };
    try {
      const { leakedServers, leakedImages } = await this.aliens.leaked(access, io);
      for (const { id, name: server } of leakedServers) {
        this.logger.warn(`${name}: server ${server} (${id}) has our tags and no row; it is deleted`);
        await this.dataSource.transaction((tx) => this.audit.swept(tx, 'server', name, id, server));
        await access.call(io, (provider, poolIo) => provider.deleteServer(id, poolIo));
      }
      for (const { id, name: image } of leakedImages) {
        this.logger.warn(`${name}: image ${image} (${id}) has our tags and no row; it is deleted`);
        await this.dataSource.transaction((tx) => this.audit.swept(tx, 'image', name, id, image));
        await access.call(io, (provider, poolIo) => provider.deleteImage(id, poolIo));
      }
    } catch (error) {
      if (!(error instanceof PoolError)) throw error;
      this.logger.warn(`${name} cannot be swept: ${error.message}`);
    }
  }
}
