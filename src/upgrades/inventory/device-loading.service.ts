import { Injectable } from '@nestjs/common';
import { DataSource, type EntityManager } from 'typeorm';
import { AuditService } from '../../auth/audit/audit.service.js';
import type { Principal } from '../../auth/principal.js';
import { Invalid } from '../../common/errors.js';
import type { FieldErrors } from '../drf/refusals.js';
import { insertDevices, knownReferences, referenceErrors, toRow } from './device-rows.js';
import type { DeviceWish } from './device-wish.js';
import { HOSTNAME_TAKEN } from './devices.service.js';
import { PlacesService } from './places.service.js';

export type NewDevice = DeviceWish & { readonly hostname: string };

export interface RowProblem {
  /** Place in what was sent, from 0. */
  readonly index: number;
  readonly errors: FieldErrors;
}

/** More would only make the answer long; the count is said beside them. */
const MOST_PROBLEMS_SHOWN = 100;

/** Takes many devices in at once, in one transaction. */
@Injectable()
export class DeviceLoadingService {
  constructor(
    private readonly dataSource: DataSource,
    private readonly audit: AuditService,
    private readonly places: PlacesService,
  ) {}

  /** All or none. Returns the ids in the order of the wishes. */
  async createAll(principal: Principal, wishes: readonly NewDevice[]): Promise<number[]> {
    return this.dataSource.transaction(async (tx) => {
      const { ids, problems } = await this.load(tx, principal, wishes);
      if (problems.length > 0) throw refusedRows(problems, wishes.length);
      return wishes.flatMap((wish) => ids.get(wish.hostname) ?? []);
    });
  }

  /** Every row by itself: good ones are created, bad ones are reported. */
  async createGood(
    principal: Principal,
    wishes: readonly NewDevice[],
  ): Promise<{ count: number; problems: RowProblem[] }> {
    return this.dataSource.transaction(async (tx) => {
      const { ids, problems } = await this.load(tx, principal, wishes);
      return { count: ids.size, problems };
    });
  }

  private async load(
    tx: EntityManager,
    principal: Principal,
    wishes: readonly NewDevice[],
  ): Promise<{ ids: Map<string, number>; problems: RowProblem[] }> {
    const known = await knownReferences(tx, wishes);
    const problems: RowProblem[] = [];
    const good: { index: number; wish: NewDevice }[] = [];
    const hostnames = new Set<string>();
    wishes.forEach((wish, index) => {
      const errors = hostnames.has(wish.hostname) ? HOSTNAME_TAKEN : referenceErrors(wish, known);
      hostnames.add(wish.hostname);
      if (errors === null) good.push({ index, wish });
      else problems.push({ index, errors });
    });
    const siteNames = good.flatMap(({ wish }) => wish.siteName ?? []);
    const sites = await this.places.ensureSites(tx, principal, siteNames);
    await this.places.placeSites(
      tx,
      principal,
      regionsBySite(
        good.map(({ wish }) => wish),
        sites,
      ),
    );
    const ids = await insertDevices(
      tx,
      good.map(({ wish }) => toRow(wish, known, sites)),
    );
    const taken = good.filter(({ wish }) => !ids.has(wish.hostname));
    problems.push(...taken.map(({ index }) => ({ index, errors: HOSTNAME_TAKEN })));
    if (ids.size > 0) await this.record(tx, principal, ids);
    return { ids, problems: problems.sort((one, other) => one.index - other.index) };
  }

  /** One entry for all: a hundred thousand of them would say no more. */
  private async record(tx: EntityManager, principal: Principal, ids: ReadonlyMap<string, number>): Promise<void> {
    const [first, last] = [[...ids][0], [...ids].at(-1)];
    await this.audit.record(tx, principal, {
      action: 'create_many',
      objectType: 'device',
      objectId: first?.[1] ?? 0,
      objectRepr: `${ids.size} devices`,
      after: { count: ids.size, first: first?.[0], last: last?.[0], hostnames: [...ids.keys()].slice(0, 1000) },
    });
  }
}

export function refusedRows(problems: readonly RowProblem[], count: number): Invalid {
  const message = `${problems.length} of ${count} devices are invalid; none was created.`;
  const errors = problems.slice(0, MOST_PROBLEMS_SHOWN).map(({ index, errors }) => ({ index, ...errors }));
  return new Invalid(message, { body: { non_field_errors: [message], errors } });
}

function regionsBySite(wishes: readonly NewDevice[], sites: ReadonlyMap<string, number>): Map<number, string> {
  const regions = new Map<number, string>();
  for (const { siteName, regionName } of wishes) {
    const siteId = siteName ? sites.get(siteName) : undefined;
    if (siteId !== undefined && regionName && !regions.has(siteId)) regions.set(siteId, regionName);
  }
  return regions;
}
