import { Injectable, type OnModuleDestroy } from '@nestjs/common';
import { DataSource } from 'typeorm';
import { Config } from '../../config/config.js';
import { PoolDrivers } from '../../drivers/pool/pool-drivers.js';
import type { ProviderConfig } from '../config/nodepool-config.js';
import { NodepoolConfigStore } from '../config/nodepool-config.store.js';
import { poolProviderSettings } from '../config/pool-provider-settings.js';
import { backoffName, Backoffs } from './backoffs.service.js';
import { ProviderAccess } from './provider-access.js';
import { ProviderTurns } from './provider-turns.service.js';

/** Opens the providers that the config names. One whose settings did not change stays open, with what it has learned. */
@Injectable()
export class ProvidersService implements OnModuleDestroy {
  private readonly open = new Map<string, { readonly settings: string; readonly access: ProviderAccess }>();
  private readonly closing = new AbortController();

  constructor(
    private readonly dataSource: DataSource,
    private readonly config: NodepoolConfigStore,
    private readonly drivers: PoolDrivers,
    private readonly turns: ProviderTurns,
    private readonly backoffs: Backoffs,
    private readonly settings: Config,
  ) {}

  /** A provider that hangs must not keep the process from stopping. */
  onModuleDestroy(): void {
    this.closing.abort();
  }

  /** Null when the config does not name it (any more). */
  find(name: string): ProviderAccess | null {
    const provider = this.config.current()?.providers.find((candidate) => candidate.name === name);
    if (!provider) {
      this.open.delete(name);
      return null;
    }
    const settings = JSON.stringify(provider);
    const known = this.open.get(name);
    if (known?.settings === settings) return known.access;
    const access = this.access(provider);
    this.open.set(name, { settings, access });
    return access;
  }

  /** All of them, for a pass over the pool: its calls end with this process, where jobs are stopped by their own signals. */
  list(): ProviderAccess[] {
    const { signal } = this.closing;
    return (this.config.current()?.providers ?? []).flatMap(({ name }) => this.find(name)?.until(signal) ?? []);
  }

  private access(provider: ProviderConfig): ProviderAccess {
    const { name, rateS } = provider;
    const down = backoffName.provider(name);
    return new ProviderAccess(provider, this.drivers.open(poolProviderSettings(provider, this.settings.dataDir)), {
      takeTurn: (signal) => this.turns.take(name, rateS, signal),
      crowdedMs: () => this.turns.crowded(name, rateS),
      // Each time: it may be another process whose call failed.
      answered: () => this.backoffs.succeeded(this.dataSource, down),
      failed: async (error) => {
        if (error.code !== 'unavailable' && error.code !== 'auth') return;
        await this.backoffs.failed(this.dataSource, down, error.message);
      },
    });
  }
}
