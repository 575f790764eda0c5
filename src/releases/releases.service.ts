import { Injectable } from '@nestjs/common';
import { InjectDataSource } from '@nestjs/typeorm';
import { DataSource, type EntityManager, type QueryDeepPartialEntity } from 'typeorm';
import { AuditService } from '../auth/audit/audit.service.js';
import type { Principal } from '../auth/principal.js';
import { Conflict, Invalid, NotFound } from '../common/errors.js';
import { violatedUnique } from '../database/pg-errors.js';
import { Release } from './release.entity.js';

/** What may be set; undefined means "leave it". */
export type ReleaseWish = Partial<Omit<Release, 'id'>>;

/** The releases clusters run (spec fuel section 3.9). */
@Injectable()
export class ReleasesService {
  constructor(
    @InjectDataSource() private readonly dataSource: DataSource,
    private readonly audit: AuditService,
  ) {}

  list(): Promise<Release[]> {
    return this.dataSource.manager.find(Release, { order: { id: 'ASC' } });
  }

  async get(id: number, tx: EntityManager = this.dataSource.manager): Promise<Release> {
    const release = await tx.findOneBy(Release, { id });
    if (release === null) throw notFound();
    return release;
  }

  create(principal: Principal, wish: ReleaseWish): Promise<Release> {
    return wordingDuplicates(() =>
      this.dataSource.transaction(async (tx) => {
        const row = { ...wish, roles: withKeysOf(wish.roles ?? [], wish.roles === undefined ? wish : {}) };
        const { identifiers } = await tx.insert(Release, row as QueryDeepPartialEntity<Release>);
        const release = await this.get((identifiers[0] as { id: number }).id, tx);
        await this.record(tx, principal, 'create', release, { after: release });
        return release;
      }),
    );
  }

  update(principal: Principal, id: number, wish: ReleaseWish): Promise<Release> {
    return wordingDuplicates(() =>
      this.dataSource.transaction(async (tx) => {
        const before = await this.lock(tx, id);
        const roles = wish.roles ?? withKeysOf(before.roles, wish);
        await assertKeepsAssignedRoles(tx, id, roles);
        await tx.update(Release, id, { ...wish, roles } as QueryDeepPartialEntity<Release>);
        const after = await this.get(id, tx);
        await this.record(tx, principal, 'update', after, { before, after });
        return after;
      }),
    );
  }

  remove(principal: Principal, id: number): Promise<void> {
    return this.dataSource.transaction(async (tx) => {
      const release = await this.lock(tx, id);
      await assertUnused(tx, id);
      await tx.delete(Release, id);
      await this.record(tx, principal, 'delete', release, { before: release });
    });
  }

  private async lock(tx: EntityManager, id: number): Promise<Release> {
    const release = await tx.findOne(Release, { where: { id }, lock: { mode: 'pessimistic_write' } });
    if (release === null) throw notFound();
    return release;
  }

  private record(
    tx: EntityManager,
    principal: Principal,
    action: string,
    release: Release,
    sides: { before?: Release; after?: Release },
  ): Promise<void> {
    const objectRepr = `${release.name} ${release.version}`;
    return this.audit.record(tx, principal, {
      action,
      objectType: 'release',
      objectId: release.id,
      objectRepr,
      ...sides,
    });
  }
}

/** Since 6.1 roles are known by their metadata alone. */
function withKeysOf(roles: readonly string[], { rolesMetadata = {} }: ReleaseWish): string[] {
  return [...new Set([...roles, ...Object.keys(rolesMetadata)])];
}

/**
 * A node's role must stay one of its cluster's release. Nodes and clusters are known here by their tables only: they
 * stand on higher floors.
 */
async function assertKeepsAssignedRoles(tx: EntityManager, id: number, roles: readonly string[]): Promise<void> {
  const lost = await tx.query<{ role: string }[]>(
    `select distinct role from clusters c
       join nodes n on n.cluster_id = c.id
       cross join jsonb_array_elements_text(n.roles || n.pending_roles) as assigned(role)
     where $1 in (c.release_id, c.pending_release_id) and role <> all($2::text[]) order by role`,
    [id, roles],
  );
  if (lost.length === 0) return;
  throw new Invalid(`Cannot delete roles already assigned to nodes: ${lost.map(({ role }) => role).join(',')}`);
}

/**
 * With the release's row locked no cluster begins to name it. A cluster whose pending release was taken back in the middle
 * of an upgrade names it no more, but its nodes still get it: both are asked for at one moment, so that neither is missed.
 */
async function assertUnused(tx: EntityManager, id: number): Promise<void> {
  const [use] = await tx.query<{ isUsed: boolean }[]>(
    `select exists (select 1 from clusters where $1 in (release_id, pending_release_id))
       or exists (select 1 from batches where kind = 'fuel' and status in ('scheduled', 'running')
         and request->'releaseId' = to_jsonb($1::integer)) as "isUsed"`,
    [id],
  );
  if (use?.isUsed) throw new Invalid("Can't delete release with clusters assigned");
}

async function wordingDuplicates<T>(change: () => Promise<T>): Promise<T> {
  try {
    return await change();
  } catch (error) {
    if (violatedUnique(error) === undefined) throw error;
    throw new Conflict('Release with the same name and version already exists');
  }
}

function notFound(): NotFound {
  return new NotFound('Release not found');
}
