import { PoolError, type PoolIo, type PoolServer, type ServerWish, type Tags } from '../pool/pool-provider.js';
import {
  isObject,
  listIn,
  objectIn,
  optionalNumber,
  optionalText,
  textIn,
  unexpected,
  type JsonObject,
} from './json-fields.js';
import type { OpenStackClient } from './openstack-client.js';

/**
 * The pool its server's floating address comes from, kept with the server: the address can only be given once the server
 * has a port, and must be given back before the server goes.
 */
export const POOL_TAG = 'slipway_floating_ip_pool';

/** What a server is made from, resolved to ids. */
export interface ServerParts {
  readonly imageId: string;
  readonly networkIds: readonly string[];
}

/** Nova: flavors and servers. */
export class Servers {
  private flavors: { readonly list: readonly JsonObject[]; readonly until: number } | null = null;

  constructor(private readonly client: OpenStackClient) {}

  async list(io: PoolIo): Promise<PoolServer[]> {
    const servers = await this.client.list('compute', ['servers', 'detail'], 'servers', io);
    return servers.filter(({ status }) => status !== 'DELETED').map(toPoolServer);
  }

  async get(id: string, io: PoolIo): Promise<PoolServer | null> {
    const answer = await this.client.get('compute', ['servers', id], io);
    if (answer === null) return null;
    const server = objectIn(answer, 'server', 'Nova’s server');
    return server['status'] === 'DELETED' ? null : toPoolServer(server);
  }

  async create(wish: ServerWish, parts: ServerParts, io: PoolIo): Promise<string> {
    const flavor = await this.flavorFor(wish, io);
    const json = { server: serverOf(wish, parts, textIn(flavor, 'id', 'Nova’s flavors')) };
    const request = { service: 'compute' as const, method: 'POST' as const, path: ['servers'], json };
    const answer = await this.client.json(request, io);
    const id = textIn(objectIn(answer, 'server', 'Nova’s new server'), 'id', 'Nova’s new server');
    io.log(`Asked for server ${id} named ${wish.name}, flavor ${String(flavor['name'])}`);
    return id;
  }

  async delete(id: string, io: PoolIo): Promise<void> {
    const existed = await this.client.delete('compute', ['servers', id], io);
    io.log(existed ? `Asked for the end of server ${id}` : `Server ${id} is gone`);
  }

  /** The id is in `Location`; since microversion 2.45 in the body. */
  async snapshot(serverId: string, name: string, tags: Tags, io: PoolIo): Promise<string> {
    const json = { createImage: { name, metadata: tags } };
    const path = ['servers', serverId, 'action'];
    const answer = await this.client.call({ service: 'compute', method: 'POST', path, json }, io);
    const location = answer.headers.get('location')?.split('?')[0]?.replace(/\/+$/, '').split('/').at(-1);
    const id = imageIdIn(answer.text) ?? location;
    if (!id) throw unexpected('Nova’s createImage', 'no image id');
    io.log(`Asked for image ${id} of server ${serverId}`);
    return id;
  }

  /** The smallest with enough memory whose name fits (spec nodepool section 2.5). */
  private async flavorFor({ minRam, nameFilter }: ServerWish, io: PoolIo): Promise<JsonObject> {
    const ram = (flavor: JsonObject) => optionalNumber(flavor, 'ram') ?? 0;
    const fits = (flavor: JsonObject) =>
      ram(flavor) >= minRam && (nameFilter === null || String(flavor['name']).includes(nameFilter));
    const [smallest] = (await this.allFlavors(io)).filter(fits).sort((a, b) => ram(a) - ram(b));
    if (smallest) return smallest;
    const named = nameFilter === null ? '' : ` with "${nameFilter}" in its name`;
    throw new PoolError('bad_request', `The cloud has no flavor of at least ${minRam} MB${named}`);
  }

  private async allFlavors(io: PoolIo): Promise<readonly JsonObject[]> {
    if (!this.flavors || this.flavors.until < Date.now()) {
      const list = await this.client.list('compute', ['flavors', 'detail'], 'flavors', io);
      this.flavors = { list, until: Date.now() + FLAVORS_MS };
    }
    return this.flavors.list;
  }
}

/** Flavors change rarely, and each page of them costs a turn. */
const FLAVORS_MS = 300_000;

function serverOf(wish: ServerWish, parts: ServerParts, flavorId: string): JsonObject {
  return {
    name: wish.name,
    imageRef: parts.imageId,
    flavorRef: flavorId,
    metadata: { ...wish.tags, ...(wish.pool !== null && { [POOL_TAG]: wish.pool }) },
    min_count: 1,
    max_count: 1,
    ...(wish.configDrive && { config_drive: true }),
    ...(wish.az !== null && { availability_zone: wish.az }),
    ...(wish.keypair !== null && { key_name: wish.keypair }),
    ...(parts.networkIds.length > 0 && { networks: parts.networkIds.map((uuid) => ({ uuid })) }),
  };
}

function imageIdIn(text: string): string | null {
  try {
    const body: unknown = JSON.parse(text);
    return isObject(body) ? optionalText(body, 'image_id') : null;
  } catch {
    return null;
  }
}

/** States a server passes through on its way to `ACTIVE`, or from it and back. */
const PASSING: ReadonlySet<string> = new Set(
  'BUILD REBUILD REBOOT HARD_REBOOT RESIZE VERIFY_RESIZE REVERT_RESIZE MIGRATING PASSWORD UNKNOWN'.split(' '),
);

export function toPoolServer(server: JsonObject): PoolServer {
  const where = 'Nova’s server';
  const status = textIn(server, 'status', where);
  const { ip, privateIp } = addressesOf(server);
  const metadata = isObject(server['metadata']) ? server['metadata'] : {};
  return {
    id: textIn(server, 'id', where),
    name: optionalText(server, 'name') ?? '',
    status: statusOf(status, optionalText(server, 'OS-EXT-STS:task_state')),
    message: messageOf(server, status),
    ip,
    privateIp,
    port: null,
    az: optionalText(server, 'OS-EXT-AZ:availability_zone'),
    tags: Object.fromEntries(Object.entries(metadata).map(([key, value]) => [key, String(value)])),
  };
}

function statusOf(status: string, task: string | null): PoolServer['status'] {
  if (task === 'deleting' || task === 'soft-deleting' || status === 'SOFT_DELETED') return 'deleting';
  if (status === 'ACTIVE') return 'active';
  return PASSING.has(status) ? 'building' : 'error';
}

function messageOf(server: JsonObject, status: string): string | null {
  if (status === 'ACTIVE' || PASSING.has(status)) return null;
  const fault = isObject(server['fault']) ? optionalText(server['fault'], 'message') : null;
  return fault ?? `the server's status is ${status}`;
}

interface Address {
  readonly addr: string;
  readonly version: number;
  readonly floating: boolean;
}

/** A floating address, one the cloud calls its own, or one that is not private; the first private one beside it. */
function addressesOf(server: JsonObject): { ip: string | null; privateIp: string | null } {
  const all = allAddresses(server).sort((a, b) => a.version - b.version);
  const isOpen = ({ addr, floating }: Address) => floating || !isPrivate(addr);
  const privateIp = all.find((address) => !isOpen(address))?.addr ?? null;
  const open = all.find(({ floating }) => floating) ?? all.find(isOpen);
  const named = optionalText(server, 'accessIPv4') ?? open?.addr ?? null;
  const usesPool = isObject(server['metadata']) && POOL_TAG in server['metadata'];
  // A server that is to get a floating address is reached by that and by nothing else.
  return { ip: named ?? (usesPool ? null : privateIp), privateIp };
}

function allAddresses(server: JsonObject): Address[] {
  const networks = isObject(server['addresses']) ? server['addresses'] : {};
  return Object.keys(networks)
    .flatMap((name) => listIn(networks, name, 'Nova’s server'))
    .map((each) => ({
      addr: textIn(each, 'addr', 'Nova’s server'),
      version: optionalNumber(each, 'version') ?? 4,
      floating: each['OS-EXT-IPS:type'] === 'floating',
    }));
}

/** Not to be reached from other networks: RFC 1918, 6598, 3927, 4193, loopback and link-local. */
function isPrivate(address: string): boolean {
  return /^(10\.|127\.|169\.254\.|192\.168\.|172\.(1[6-9]|2\d|3[01])\.|100\.(6[4-9]|[7-9]\d|1[01]\d|12[0-7])\.|f[cd]|fe[89ab]|::1$)/i.test(
    address,
  );
}
