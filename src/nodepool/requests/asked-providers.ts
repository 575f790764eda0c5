import { NotFound } from '../../common/errors.js';
import type { NodepoolConfig, ProviderConfig } from '../config/nodepool-config.js';

/** The one that is named, or every one where `all` is asked for and is not itself a provider's name. */
export function askedProviders(
  config: NodepoolConfig | null,
  name: string,
): { readonly providers: readonly ProviderConfig[]; readonly isAll: boolean } {
  const named = config?.providers.find((provider) => provider.name === name);
  if (named) return { providers: [named], isAll: false };
  if (config !== null && name === 'all') return { providers: config.providers, isAll: true };
  throw new NotFound('Provider name not found');
}
