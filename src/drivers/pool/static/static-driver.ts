import {
  PoolDriver,
  PoolError,
  type PoolImage,
  type PoolIo,
  type PoolProvider,
  type PoolProviderSettings,
  type PoolServer,
  type Reachability,
  type ServerWish,
  type StaticNode,
} from '../pool-provider.js';
import { probeSsh } from '../ssh-reachability.js';

const PROBE_TIMEOUT_MS = 15_000;

/**
 * Hosts that exist already (spec nodepool section 3): a server is a host of the provider's `nodes:`, its id the host's name.
 * Who has claimed one is known from the pool's rows alone; nothing is kept here and nothing is done to the host.
 */
export class StaticDriver extends PoolDriver {
  readonly name = 'static';

  open(settings: PoolProviderSettings): PoolProvider {
    return new StaticProvider(settings);
  }
}

class StaticProvider implements PoolProvider {
  constructor(private readonly settings: PoolProviderSettings) {}

  /** None: a host that nobody claimed is neither left over nor a stranger. */
  listServers(): Promise<PoolServer[]> {
    return Promise.resolve([]);
  }

  getServer(id: string): Promise<PoolServer | null> {
    const host = this.find(id);
    return Promise.resolve(host ? toServer(host) : null);
  }

  async createServer(wish: ServerWish, io: PoolIo): Promise<string> {
    await io.turn();
    const host = wish.host === null ? undefined : this.find(wish.host);
    if (!host)
      throw new PoolError('not_found', `${this.settings.name} has no host named ${wish.host ?? '(none given)'}`);
    io.log(`Claimed the host ${host.name}`);
    return host.name;
  }

  /** Gives the slot back: the host itself stays as it is, also one that has left the configuration. */
  deleteServer(id: string, io: PoolIo): Promise<void> {
    io.log(`Gave the host ${id} back`);
    return Promise.resolve();
  }

  /** The key exchange and the host key, without a login. */
  async isReachable(server: PoolServer, wish: Reachability, io: PoolIo): Promise<boolean> {
    const host = this.find(server.id);
    if (!host) return false;
    const target = {
      host: host.name,
      port: wish.port ?? host.connectionPort,
      hostKey: wish.hostKey ?? host.hostKey,
    };
    const answer = await probeSsh(target, { signal: io.signal, timeoutMs: PROBE_TIMEOUT_MS });
    io.log(answer.message);
    return answer.answers;
  }

  listImages(): Promise<PoolImage[]> {
    return Promise.resolve([]);
  }

  getImage(): Promise<PoolImage | null> {
    return Promise.resolve(null);
  }

  uploadImage(): Promise<string> {
    return Promise.reject(this.withoutImages());
  }

  snapshotServer(): Promise<string> {
    return Promise.reject(this.withoutImages());
  }

  deleteImage(): Promise<void> {
    return Promise.resolve();
  }

  private find(name: string): StaticNode | undefined {
    return this.settings.nodes.find((node) => node.name === name);
  }

  private withoutImages(): PoolError {
    return new PoolError('bad_request', `${this.settings.name} has hosts that exist already, and no images`);
  }
}

function toServer(host: StaticNode): PoolServer {
  return {
    id: host.name,
    name: host.name,
    status: 'active',
    message: null,
    ip: host.name,
    privateIp: null,
    port: host.connectionPort,
    az: null,
    tags: {},
  };
}
