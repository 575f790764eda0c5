import { createHash } from 'node:crypto';
import { PoolDriver, type PoolProvider, type PoolProviderSettings } from '../pool/pool-provider.js';
import { Images } from './images.js';
import { KeystoneSession } from './keystone-session.js';
import { Networks } from './networks.js';
import { OpenStackClient } from './openstack-client.js';
import { OpenStackProvider } from './openstack-provider.js';
import { Servers } from './servers.js';

/** More accounts than anybody has; older ones log in again. */
const MOST_ACCOUNTS = 100;

/** Clouds that speak Keystone v3, Glance v2, Nova v2.1 and Neutron v2.0. */
export class OpenStackDriver extends PoolDriver {
  readonly name = 'openstack';
  /** A token is for hours and a log-in costs a turn: providers of the same settings share one. */
  private readonly providers = new Map<string, PoolProvider>();

  open(settings: PoolProviderSettings): PoolProvider {
    const key = createHash('sha256').update(JSON.stringify(settings)).digest('hex');
    const known = this.providers.get(key);
    if (known) return known;
    const provider = connect(settings);
    if (this.providers.size >= MOST_ACCOUNTS) this.providers.clear();
    this.providers.set(key, provider);
    return provider;
  }
}

function connect(settings: PoolProviderSettings): PoolProvider {
  const timeoutMs = settings.apiTimeoutS * 1000;
  const client = new OpenStackClient(new KeystoneSession(settings), timeoutMs);
  return new OpenStackProvider(new Servers(client), new Images(client, timeoutMs), new Networks(client));
}
