import { Injectable } from '@nestjs/common';
import { DataSource } from 'typeorm';
import { PoolError, type PoolImage, type PoolServer } from '../../drivers/pool/pool-provider.js';
import type { Aliens } from '../nodepool-work.js';
import type { CallIo, ProviderAccess } from '../providers/provider-access.js';
import { ProvidersService } from '../providers/providers.service.js';
import { type Owner, ownerOf } from '../providers/tags.js';

/** What stands in a provider's account and in no row of ours. */
export interface Strangers {
  /** With our tags: left behind by work that was lost. To be deleted (spec nodepool section 2.5). */
  readonly leakedServers: readonly PoolServer[];
  readonly leakedImages: readonly PoolImage[];
}

/** Longest somebody who asks is kept waiting for a provider that does not answer. */
const PATIENCE_MS = 30_000;

/** Compares what providers hold with our rows. The rows are read after the list: what is created meanwhile has one. */
@Injectable()
export class AlienSearch {
  constructor(
    private readonly dataSource: DataSource,
    private readonly providers: ProvidersService,
  ) {}

  servers(names: readonly string[]): Promise<Aliens<PoolServer>[]> {
    return this.each(names, async (access, io) => {
      const servers = await access.call(io, (provider, poolIo) => provider.listServers(poolIo));
      const known = await this.knownServers(access.config.name);
      return servers.filter(({ id, tags }) => !known.isOurs(id, ownerOf(tags)));
    });
  }

  /** Untagged ones are the account's own business; there may be thousands. */
  images(names: readonly string[]): Promise<Aliens<PoolImage>[]> {
    return this.each(names, (access, io) => this.leakedImages(access, io));
  }

  async leaked(access: ProviderAccess, io: CallIo): Promise<Strangers> {
    const { name } = access.config;
    const servers = await access.call(io, (provider, poolIo) => provider.listServers(poolIo));
    const known = await this.knownServers(name);
    const leakedServers = servers.filter(({ id, tags, status }) => {
      const owner = ownerOf(tags);
      return owner?.provider === name && status !== 'deleting' && !known.isOurs(id, owner);
    });
    return { leakedServers, leakedImages: await this.leakedImages(access, io) };
  }

  private async leakedImages(access: ProviderAccess, io: CallIo): Promise<PoolImage[]> {
    const { name } = access.config;
    const images = await access.call(io, (provider, poolIo) => provider.listImages(poolIo));
    const rows = await this.dataSource.query<{ id: number; externalId: string | null }[]>(
      'select id, external_id as "externalId" from provider_images where provider_name = $1',
      [name],
    );
    const ids = new Set(rows.map(({ id }) => id));
    const stored = new Set(rows.map(({ externalId }) => externalId));
    return images.filter(({ id, tags }) => {
      const owner = ownerOf(tags);
      return owner?.provider === name && owner.kind === 'image' && !ids.has(owner.id) && !stored.has(id);
    });
  }

  private async knownServers(provider: string): Promise<{ isOurs(id: string, owner: Owner | null): boolean }> {
    const rows = await this.dataSource.query<{ kind: string; id: number; externalId: string | null }[]>(
      `select 'node' as kind, id, external_id as "externalId" from pool_nodes where provider_name = $1
       union all
       select 'template', id, server_external_id from provider_images where provider_name = $1`,
      [provider],
    );
    const owners = new Set(rows.map(({ kind, id }) => `${kind} ${id}`));
    const servers = new Set(rows.map(({ externalId }) => externalId));
    return {
      isOurs: (id, owner) =>
        servers.has(id) || (owner?.provider === provider && owners.has(`${owner.kind} ${owner.id}`)),
    };
  }

  private each<T>(
    names: readonly string[],
    find: (access: ProviderAccess, io: CallIo) => Promise<T[]>,
  ): Promise<Aliens<T>[]> {
    const io: CallIo = { signal: AbortSignal.timeout(PATIENCE_MS), log: () => undefined };
    return Promise.all(
      names.map(async (provider) => {
        const access = this.providers.find(provider);
        if (!access) return { provider, found: [], problem: 'The config does not name it' };
        try {
          return { provider, found: await find(access, io), problem: null };
        } catch (error) {
          if (!(error instanceof PoolError)) throw error;
          return { provider, found: [], problem: error.message };
        }
      }),
    );
  }
}
