import { join } from 'node:path';
import type { PoolProviderSettings } from '../../drivers/pool/pool-provider.js';
import type { ProviderConfig } from './nodepool-config.js';

/** What its driver is told of a provider. `local` providers live below the data directory, each in a folder of its own. */
export function poolProviderSettings(provider: ProviderConfig, dataDir: string): PoolProviderSettings {
  return {
    name: provider.name,
    driver: provider.driver,
    authUrl: provider.authUrl,
    username: provider.username,
    password: provider.password,
    projectId: provider.projectId,
    projectName: provider.projectName,
    userDomain: provider.userDomain,
    projectDomain: provider.projectDomain,
    regionName: provider.regionName,
    apiTimeoutS: provider.apiTimeoutS,
    nodes: provider.nodes,
    directory: join(dataDir, 'nodepool', 'providers', encodeURIComponent(provider.name)),
    fake: provider.fake,
  };
}
