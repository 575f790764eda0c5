import { Injectable } from '@nestjs/common';
import { DataSource, type EntityManager } from 'typeorm';
import type { Principal } from '../../auth/principal.js';
import { AuditedRows, type RowKind } from '../audited-rows.js';
import { listPage, type Listing } from '../drf/listing.js';
import type { PageRequest, QueryValues } from '../drf/page.js';
import { invalidFields, notFound } from '../drf/refusals.js';
import { alreadyExists, wordingConstraints, wordingUse } from '../drf/unique.js';
import { assertNoUnfinishedJobOn } from '../unfinished-jobs.js';
import { DeviceModel } from './device-model.entity.js';
import { knownReferences, referenceErrors, toRow, type DeviceRow } from './device-rows.js';
import type { DeviceWish } from './device-wish.js';
import { Device } from './device.entity.js';
import { PlacesService } from './places.service.js';
import { Site } from './site.entity.js';

export const DEVICE: RowKind<Device> = { entity: Device, type: 'device', label: (device) => device.hostname };
export const HOSTNAME_TAKEN = alreadyExists('device', 'hostname');

const DEVICES: Listing = {
  search: ['d.hostname', 'd.ipAddress', 'd.version', 'm.name', 's.name'],
  ordering: {
    id: 'd.id',
    hostname: 'd.hostname',
    ip_address: 'd.ipAddress',
    platform: 'd.platform',
    version: 'd.version',
    family: 'd.family',
    reachability: 'd.reachability',
    last_sync_status: 'd.lastSyncStatus',
    last_sync_time: 'd.lastSyncTime',
    site__name: 's.name',
    model__name: 'm.name',
  },
  defaultOrder: 'd.id',
  tieBreaker: 'd.id',
  filters: {
    hostname: { kind: 'text', column: 'd.hostname' },
    ip_address: { kind: 'contains', column: 'd.ipAddress' },
    platform: { kind: 'text', column: 'd.platform' },
    version: { kind: 'text', column: 'd.version' },
    family: { kind: 'text', column: 'd.family' },
    role: { kind: 'text', column: 'd.role' },
    serial: { kind: 'text', column: 'd.serial' },
    reachability: { kind: 'text', column: 'd.reachability' },
    last_sync_status: { kind: 'text', column: 'd.lastSyncStatus' },
    site: { kind: 'integer', column: 'd.siteId' },
    site__name: { kind: 'text', column: 's.name' },
    model: { kind: 'text', column: 'm.name' },
    device_model: { kind: 'text', column: 'm.name' },
    model_id: { kind: 'integer', column: 'd.modelId' },
  },
};

/** The devices of the inventory, one at a time. */
@Injectable()
export class DevicesService {
  constructor(
    private readonly dataSource: DataSource,
    private readonly rows: AuditedRows,
    private readonly places: PlacesService,
  ) {}

  list(query: QueryValues): Promise<{ page: PageRequest; count: number; rows: Device[] }> {
    const devices = this.dataSource
      .createQueryBuilder(Device, 'd')
      .leftJoin(Site, 's', 's.id = d.siteId')
      .leftJoin(DeviceModel, 'm', 'm.id = d.modelId');
    return listPage(devices, DEVICES, query);
  }

  async get(id: number): Promise<Device> {
    const device = await this.dataSource.manager.findOneBy(Device, { id });
    if (device === null) throw notFound(`device ${id} does not exist`);
    return device;
  }

  create(principal: Principal, wish: DeviceWish): Promise<Device> {
    return wordingConstraints({ devices_hostname_key: HOSTNAME_TAKEN }, () =>
      this.dataSource.transaction(async (tx) =>
        this.rows.insert(tx, principal, DEVICE, await this.rowOf(tx, principal, wish)),
      ),
    );
  }

  update(principal: Principal, id: number, wish: DeviceWish): Promise<Device> {
    return wordingConstraints({ devices_hostname_key: HOSTNAME_TAKEN }, () =>
      this.dataSource.transaction(async (tx) => {
        await this.rows.lock(tx, DEVICE, id);
        return this.rows.update(tx, principal, DEVICE, id, await this.rowOf(tx, principal, wish));
      }),
    );
  }

  async remove(principal: Principal, id: number): Promise<void> {
    await wordingUse('Device', () =>
      this.dataSource.transaction(async (tx) => {
        const { hostname } = await this.rows.lock(tx, DEVICE, id);
        await assertNoUnfinishedJobOn(tx, id, hostname);
        await this.rows.remove(tx, principal, DEVICE, id);
      }),
    );
  }

  private async rowOf(tx: EntityManager, principal: Principal, wish: DeviceWish): Promise<DeviceRow> {
    const known = await knownReferences(tx, [wish]);
    const errors = referenceErrors(wish, known);
    if (errors !== null) throw invalidFields(errors);
    const sites = await this.places.ensureSites(tx, principal, wish.siteName ? [wish.siteName] : []);
    return toRow(wish, known, sites);
  }
}
