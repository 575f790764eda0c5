import { Injectable } from '@nestjs/common';
import { DataSource, In, type EntityManager } from 'typeorm';
import type { Principal } from '../../auth/principal.js';
import { AuditedRows, type RowKind, type Wish } from '../audited-rows.js';
import { doesNotExist } from '../drf/field-rules.js';
import { listPage, type Listing } from '../drf/listing.js';
import type { PageRequest, QueryValues } from '../drf/page.js';
import { notFound, type FieldErrors } from '../drf/refusals.js';
import { alreadyExists, wordingConstraints, wordingUse } from '../drf/unique.js';
import { Region } from './region.entity.js';
import { Site } from './site.entity.js';

const REGION: RowKind<Region> = { entity: Region, type: 'region', label: (region) => region.name };
const SITE: RowKind<Site> = { entity: Site, type: 'site', label: (site) => site.name };

const REGIONS: Listing = {
  search: ['r.name'],
  ordering: { id: 'r.id', name: 'r.name' },
  defaultOrder: 'r.id',
  tieBreaker: 'r.id',
  filters: { name: { kind: 'text', column: 'r.name' } },
};

const SITES: Listing = {
  search: ['s.name', 's.address'],
  ordering: { id: 's.id', name: 's.name' },
  defaultOrder: 's.id',
  tieBreaker: 's.id',
  filters: { name: { kind: 'text', column: 's.name' }, region: { kind: 'integer', column: 's.regionId' } },
};

/** Where devices are: sites, and regions of sites. */
@Injectable()
export class PlacesService {
  constructor(
    private readonly dataSource: DataSource,
    private readonly rows: AuditedRows,
  ) {}

  listRegions(query: QueryValues): Promise<{ page: PageRequest; count: number; rows: Region[] }> {
    return listPage(this.dataSource.createQueryBuilder(Region, 'r'), REGIONS, query);
  }

  listSites(query: QueryValues): Promise<{ page: PageRequest; count: number; rows: Site[] }> {
    return listPage(this.dataSource.createQueryBuilder(Site, 's'), SITES, query);
  }

  async getRegion(id: number): Promise<Region> {
    const region = await this.dataSource.manager.findOneBy(Region, { id });
    if (region === null) throw notFound(`region ${id} does not exist`);
    return region;
  }

  async getSite(id: number): Promise<Site> {
    const site = await this.dataSource.manager.findOneBy(Site, { id });
    if (site === null) throw notFound(`site ${id} does not exist`);
    return site;
  }

  saveRegion(principal: Principal, id: number | null, wish: Wish<Region>): Promise<Region> {
    const words = {
      regions_name_key: alreadyExists('region', 'name'),
      ...fileServerWords('regions', wish.preferredFileServerId),
    };
    return wordingConstraints(words, () =>
      this.dataSource.transaction((tx) =>
        id === null ? this.rows.insert(tx, principal, REGION, wish) : this.rows.update(tx, principal, REGION, id, wish),
      ),
    );
  }

  saveSite(principal: Principal, id: number | null, wish: Wish<Site>): Promise<Site> {
    const words = {
      sites_name_key: alreadyExists('site', 'name'),
      sites_region_id_fkey: { region: [doesNotExist(wish.regionId ?? 0)] },
      ...fileServerWords('sites', wish.preferredFileServerId),
    };
    return wordingConstraints(words, () =>
      this.dataSource.transaction((tx) =>
        id === null ? this.rows.insert(tx, principal, SITE, wish) : this.rows.update(tx, principal, SITE, id, wish),
      ),
    );
  }

  async removeRegion(principal: Principal, id: number): Promise<void> {
    await wordingUse('Region', () => this.dataSource.transaction((tx) => this.rows.remove(tx, principal, REGION, id)));
  }

  async removeSite(principal: Principal, id: number): Promise<void> {
    await wordingUse('Site', () => this.dataSource.transaction((tx) => this.rows.remove(tx, principal, SITE, id)));
  }

  async regionsById(ids: readonly (number | null)[]): Promise<Map<number, Region>> {
    const wanted = [...new Set(ids.filter((id) => id !== null))];
    const regions = wanted.length === 0 ? [] : await this.dataSource.manager.findBy(Region, { id: In(wanted) });
    return new Map(regions.map((region) => [region.id, region]));
  }

  async deviceCounts(siteIds: readonly number[]): Promise<Map<number, number>> {
    const counts = await this.dataSource.query<{ id: number; devices: number }[]>(
      'select site_id as id, count(*)::integer as devices from devices where site_id = any($1::integer[]) group by site_id',
      [siteIds],
    );
    return new Map(counts.map((row) => [row.id, row.devices]));
  }

  /** Sites are made by being named on a device (spec upgrade section 2). Name to id, for all names at once. */
  async ensureSites(tx: EntityManager, principal: Principal, names: readonly string[]): Promise<Map<string, number>> {
    const wanted = [...new Set(names)];
    if (wanted.length === 0) return new Map();
    const made = await tx.query<{ id: number; name: string }[]>(
      'insert into sites (name) select unnest($1::text[]) order by 1 on conflict (name) do nothing returning id, name',
      [wanted],
    );
    for (const site of made)
      await this.rows.record(tx, principal, SITE, 'create', { row: { ...new Site(), ...site }, after: site });
    const all = await tx.query<{ id: number; name: string }[]>(
      'select id, name from sites where name = any($1::text[])',
      [wanted],
    );
    return new Map(all.map((site) => [site.name, site.id]));
  }

  /** The region of a site named in an import; the region is made where it is new. A site that has one keeps it. */
  async placeSites(tx: EntityManager, principal: Principal, regionsBySite: ReadonlyMap<number, string>): Promise<void> {
    const names = [...new Set(regionsBySite.values())];
    if (names.length === 0) return;
    const made = await tx.query<{ id: number; name: string }[]>(
      'insert into regions (name) select unnest($1::text[]) order by 1 on conflict (name) do nothing returning id, name',
      [names],
    );
    for (const region of made) {
      await this.rows.record(tx, principal, REGION, 'create', { row: { ...new Region(), ...region }, after: region });
    }
    const placed = await tx.query<[{ id: number; name: string; regionId: number }[], number]>(
      `update sites s set region_id = r.id
       from unnest($1::integer[], $2::text[]) as placed (site_id, region)
       join regions r on r.name = placed.region
       where s.id = placed.site_id and s.region_id is null
       returning s.id, s.name, r.id as "regionId"`,
      [[...regionsBySite.keys()], [...regionsBySite.values()]],
    );
    for (const { id, name, regionId } of placed[0]) {
      const change = { row: { ...new Site(), id, name }, before: { regionId: null }, after: { regionId } };
      await this.rows.record(tx, principal, SITE, 'update', change);
    }
  }
}

function fileServerWords(table: string, id: number | null | undefined): Record<string, FieldErrors> {
  return { [`${table}_preferred_file_server_id_fkey`]: { preferred_file_server: [doesNotExist(id ?? 0)] } };
}
