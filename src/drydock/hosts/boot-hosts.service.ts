import { Injectable } from '@nestjs/common';
import { InjectDataSource } from '@nestjs/typeorm';
import type { DataSource } from 'typeorm';
import type { HostFacts, PowerState } from '../../drivers/boot-host/boot-host.js';
import { BuildData } from '../records/build-data.entity.js';
import { BootHostRecord } from '../records/boot-host.entity.js';

/** A node and what the design says of it. */
export interface PlacedNode {
  readonly hostname: string;
  readonly rack: string | null;
  readonly tags: readonly string[];
}

/** The nodes as they were last seen, and what was found out about them. */
/** Words of MAAS: what runs on such a node would be lost if it were prepared as a new one is. */
const IN_USE: ReadonlySet<string> = new Set(['Deploying', 'Deployed']);

@Injectable()
export class BootHosts {
  constructor(@InjectDataSource() private readonly dataSource: DataSource) {}

  list(): Promise<BootHostRecord[]> {
    return this.dataSource.manager.find(BootHostRecord, { order: { hostname: 'ASC' } });
  }

  /** Everything that was collected about a node, the oldest first; `latest`: only the newest of each generator. */
  async buildData(hostname: string, latest: boolean): Promise<BuildData[]> {
    // PostgreSQL takes none, so no node has one.
    if (hostname.includes('\0')) return [];
    const all = await this.dataSource.manager.find(BuildData, { where: { nodeName: hostname }, order: { id: 'ASC' } });
    if (!latest) return all;
    return [...new Map(all.map((data) => [data.generator, data])).values()];
  }

  /** A node that was identified, by a task that keeps what was found. One that was not seen before is `New`. */
  async identified(node: PlacedNode, taskId: string, generator: string, facts: HostFacts): Promise<void> {
    const { hostname, rack, tags } = node;
    const { power, powerAddress, bootMac, bootIp, memoryMib, cpuCount } = facts;
    await this.dataSource.query(
      `with node as (
         insert into drydock_nodes as n
           (hostname, status_name, power_state, power_address, boot_mac, boot_ip, memory, cpu_count, rack, tags)
         values ($1, 'New', $2, $3, $4, $5, $6, $7, $11, $12)
         on conflict (hostname) do update set power_state = excluded.power_state,
           power_address = coalesce(excluded.power_address, n.power_address),
           boot_mac = coalesce(excluded.boot_mac, n.boot_mac), boot_ip = coalesce(excluded.boot_ip, n.boot_ip),
           memory = coalesce(excluded.memory, n.memory), cpu_count = coalesce(excluded.cpu_count, n.cpu_count),
           rack = excluded.rack, tags = excluded.tags, updated_at = now())
       insert into drydock_build_data (node_name, task_id, generator, data_format, data_element)
       values ($1, $8, $9, 'application/json', $10)`,
      [
        hostname,
        power,
        powerAddress,
        bootMac,
        bootIp,
        memoryMib,
        cpuCount,
        taskId,
        generator,
        JSON.stringify(facts.details),
        rack,
        JSON.stringify(tags),
      ],
    );
  }

  /** The packages of a deployment, for whoever writes the node's cloud-init (spec drydock section 6.3). Once per part. */
  async keepUserData(hostname: string, taskId: string, userData: string): Promise<void> {
    await this.dataSource.query(
      `insert into drydock_build_data (node_name, task_id, generator, data_format, data_element)
       select $1::text, $2::uuid, 'user_data', 'text/cloud-config', $3
       where not exists (
         select 1 from drydock_build_data where node_name = $1 and task_id = $2 and generator = 'user_data')`,
      [hostname, taskId, userData],
    );
  }

  async isInUse(hostname: string): Promise<boolean> {
    const node = await this.dataSource.manager.findOneBy(BootHostRecord, { hostname });
    return node !== null && IN_USE.has(node.statusName);
  }

  async seen({ hostname, rack, tags }: PlacedNode, statusName: string, power: PowerState): Promise<void> {
    await this.dataSource.query(
      `insert into drydock_nodes (hostname, status_name, power_state, rack, tags) values ($1, $2, $3, $4, $5)
       on conflict (hostname) do update set status_name = excluded.status_name, power_state = excluded.power_state,
         rack = excluded.rack, tags = excluded.tags, updated_at = now()
       where (drydock_nodes.status_name, drydock_nodes.power_state, drydock_nodes.rack, drydock_nodes.tags)
         is distinct from (excluded.status_name, excluded.power_state, excluded.rack, excluded.tags)`,
      [hostname, statusName, power, rack, JSON.stringify(tags)],
    );
  }
}
