import { PoolError, type PoolIo } from '../pool/pool-provider.js';
import { isUuid } from './images.js';
import { objectIn, optionalText, textIn, type JsonObject } from './json-fields.js';
import type { OpenStackClient } from './openstack-client.js';

/** Neutron: networks by name, and floating addresses. */
export class Networks {
  private readonly ids = new Map<string, string>();

  constructor(private readonly client: OpenStackClient) {}

  async idsOf(networks: readonly string[], io: PoolIo): Promise<string[]> {
    const ids: string[] = [];
    for (const network of networks) ids.push(await this.idOf(network, io));
    return ids;
  }

  /** The server's floating address; one is taken from the pool when it has none. Null while the server has no port. */
  async ensureFloatingIp(serverId: string, pool: string, io: PoolIo): Promise<string | null> {
    const ports = await this.portsOf(serverId, io);
    for (const port of ports) {
      const [address] = await this.floatingIpsOf(port, io);
      if (address) return textIn(address, 'floating_ip_address', 'Neutron’s floating IPs');
    }
    const [port] = ports;
    if (port === undefined) return null;
    const json = {
      floatingip: {
        floating_network_id: await this.idOf(pool, io),
        port_id: port,
        description: `slipway ${serverId}`,
      },
    };
    const request = { service: 'network' as const, method: 'POST' as const, path: ['floatingips'], json };
    const answer = objectIn(await this.client.json(request, io), 'floatingip', 'Neutron’s new floating IP');
    const address = textIn(answer, 'floating_ip_address', 'Neutron’s new floating IP');
    io.log(`Gave server ${serverId} the address ${address} of ${pool}`);
    return address;
  }

  /** Gives back what `ensureFloatingIp` took: only those, other addresses are not ours to delete. */
  async releaseFloatingIps(serverId: string, io: PoolIo): Promise<void> {
    for (const port of await this.portsOf(serverId, io)) {
      for (const address of await this.floatingIpsOf(port, io)) {
        if (optionalText(address, 'description') !== `slipway ${serverId}`) continue;
        const id = textIn(address, 'id', 'Neutron’s floating IPs');
        await this.client.delete('network', ['floatingips', id], io);
        io.log(`Gave the address ${String(address['floating_ip_address'])} back`);
      }
    }
  }

  private async portsOf(serverId: string, io: PoolIo): Promise<string[]> {
    const ports = await this.client.list('network', ['ports'], 'ports', io, { device_id: serverId });
    return ports.map((port) => textIn(port, 'id', 'Neutron’s ports'));
  }

  private floatingIpsOf(portId: string, io: PoolIo): Promise<JsonObject[]> {
    return this.client.list('network', ['floatingips'], 'floatingips', io, { port_id: portId });
  }

  private async idOf(network: string, io: PoolIo): Promise<string> {
    if (isUuid(network)) return network;
    const known = this.ids.get(network);
    if (known !== undefined) return known;
    const found = await this.client.list('network', ['networks'], 'networks', io, { name: network });
    const [first, second] = found;
    if (!first) throw new PoolError('bad_request', `The cloud has no network named ${network}`);
    if (second)
      throw new PoolError('bad_request', `The cloud has several networks named ${network}; name one by its id`);
    const id = textIn(first, 'id', 'Neutron’s networks');
    this.ids.set(network, id);
    return id;
  }
}
