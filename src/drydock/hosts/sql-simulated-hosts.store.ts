import { Injectable } from '@nestjs/common';
import { InjectDataSource } from '@nestjs/typeorm';
import { DataSource } from 'typeorm';
import type { HostAct, HostStatusName } from '../../drivers/boot-host/boot-host-driver.js';
import type { SimulatedHost } from '../../drivers/boot-host/simulated/simulated-host.js';
import { SimulatedHostsStore } from '../../drivers/boot-host/simulated/simulated-hosts.store.js';
import { SimulatedHostRecord } from '../records/simulated-host.entity.js';

/** The simulation's machines in our database: they survive a restart, and every process sees the same ones. */
@Injectable()
export class SqlSimulatedHostsStore extends SimulatedHostsStore {
  constructor(@InjectDataSource() private readonly dataSource: DataSource) {
    super();
  }

  change(
    hostname: string,
    change: (host: SimulatedHost | null) => SimulatedHost | null,
  ): Promise<SimulatedHost | null> {
    return this.dataSource.transaction(async (tx) => {
      await tx.query(`select pg_advisory_xact_lock(hashtextextended('simulated host ' || $1, 0))`, [hostname]);
      const row = await tx.findOneBy(SimulatedHostRecord, { hostname });
      const known = row === null ? null : hostOf(row);
      const next = change(known);
      if (next !== null && next !== known) await tx.upsert(SimulatedHostRecord, rowOf(next), ['hostname']);
      return next ?? known;
    });
  }
}

function hostOf(row: SimulatedHostRecord): SimulatedHost {
  return { ...row, statusBefore: row.statusBefore as HostStatusName, act: row.act as HostAct | null };
}

function rowOf(host: SimulatedHost): SimulatedHostRecord {
  return { ...host, history: [...host.history] };
}
