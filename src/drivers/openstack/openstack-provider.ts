import {
  PoolError,
  type ImageUpload,
  type PoolImage,
  type PoolIo,
  type PoolProvider,
  type PoolServer,
  type Reachability,
  type ServerWish,
  type Tags,
} from '../pool/pool-provider.js';
import { probeSsh } from '../pool/ssh-reachability.js';
import { textIn } from './json-fields.js';
import type { Images } from './images.js';
import type { Networks } from './networks.js';
import { POOL_TAG, type Servers } from './servers.js';

const SSH_PORT = 22;

/** An OpenStack project as a provider: Nova's servers, Glance's images, Neutron's addresses (spec nodepool section 3). */
export class OpenStackProvider implements PoolProvider {
  constructor(
    private readonly servers: Servers,
    private readonly images: Images,
    private readonly networks: Networks,
  ) {}

  listServers(io: PoolIo): Promise<PoolServer[]> {
    return this.servers.list(io);
  }

  /** A server that is up gets its floating address here: before it is up there is nothing to attach one to. */
  async getServer(id: string, io: PoolIo): Promise<PoolServer | null> {
    const server = await this.servers.get(id, io);
    const pool = server?.tags[POOL_TAG];
    if (!server || server.status !== 'active' || server.ip !== null || pool === undefined) return server;
    return { ...server, ip: await this.networks.ensureFloatingIp(id, pool, io) };
  }

  async createServer(wish: ServerWish, io: PoolIo): Promise<string> {
    if (wish.image === null) throw new PoolError('bad_request', 'A server of a cloud needs an image');
    const imageId = await this.images.idOf(wish.image, io);
    const networkIds = await this.networks.idsOf(wish.networks, io);
    return this.servers.create(wish, { imageId, networkIds }, io);
  }

  /** Its floating address first: nobody would find it when the server is gone. */
  async deleteServer(id: string, io: PoolIo): Promise<void> {
    const server = await this.servers.get(id, io);
    if (server?.tags[POOL_TAG] !== undefined) await this.networks.releaseFloatingIps(id, io);
    await this.servers.delete(id, io);
  }

  /** SSH's key exchange and the host key, without a login. */
  async isReachable(server: PoolServer, wish: Reachability, io: PoolIo): Promise<boolean> {
    const host = server.ip ?? server.privateIp;
    if (host === null) return false;
    const target = { host, port: wish.port ?? server.port ?? SSH_PORT, hostKey: wish.hostKey };
    const answer = await probeSsh(target, { signal: io.signal });
    io.log(answer.message);
    return answer.answers;
  }

  listImages(io: PoolIo): Promise<PoolImage[]> {
    return this.images.list(io);
  }

  getImage(id: string, io: PoolIo): Promise<PoolImage | null> {
    return this.images.get(id, io);
  }

  uploadImage(wish: ImageUpload, io: PoolIo): Promise<string> {
    return this.images.upload(wish, io);
  }

  /** One that an earlier try asked for is taken, whatever it has come to: making a second would leave the first. */
  async snapshotServer(serverId: string, name: string, tags: Tags, io: PoolIo): Promise<string> {
    const [earlier] = await this.images.withTags(name, tags, io);
    return earlier ? textIn(earlier, 'id', 'Glance’s images') : this.servers.snapshot(serverId, name, tags, io);
  }

  deleteImage(id: string, io: PoolIo): Promise<void> {
    return this.images.delete(id, io);
  }
}
