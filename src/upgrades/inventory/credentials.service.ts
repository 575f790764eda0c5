import { Injectable } from '@nestjs/common';
import { DataSource } from 'typeorm';
import type { Principal } from '../../auth/principal.js';
import { AuditedRows, type RowKind, type Wish } from '../audited-rows.js';
import { listPage, type Listing } from '../drf/listing.js';
import type { PageRequest, QueryValues } from '../drf/page.js';
import { notFound } from '../drf/refusals.js';
import { alreadyExists, wordingConstraints, wordingUse } from '../drf/unique.js';
import { Credential } from './credential.entity.js';

const CREDENTIAL: RowKind<Credential> = {
  entity: Credential,
  type: 'credential',
  label: (credential) => credential.name,
};
/** The name of the row every device falls back to; no other credential can take it. */
const GLOBAL = 'global';

const CREDENTIALS: Listing = {
  search: ['c.name', 'c.username'],
  ordering: { id: 'c.id', name: 'c.name', username: 'c.username' },
  defaultOrder: 'c.id',
  tieBreaker: 'c.id',
  filters: { name: { kind: 'text', column: 'c.name' }, username: { kind: 'text', column: 'c.username' } },
};

const WORDS = {
  credentials_name_key: alreadyExists('credential', 'name'),
  credentials_one_global: alreadyExists('credential', 'name'),
};

/** Logins that devices share: named ones, and the global one. Secrets arrive here encrypted. */
@Injectable()
export class CredentialsService {
  constructor(
    private readonly dataSource: DataSource,
    private readonly rows: AuditedRows,
  ) {}

  list(query: QueryValues): Promise<{ page: PageRequest; count: number; rows: Credential[] }> {
    return listPage(this.dataSource.createQueryBuilder(Credential, 'c').where('not c.isGlobal'), CREDENTIALS, query);
  }

  async get(id: number): Promise<Credential> {
    const credential = await this.dataSource.manager.findOneBy(Credential, { id, isGlobal: false });
    if (credential === null) throw notFound(`credential ${id} does not exist`);
    return credential;
  }

  async save(principal: Principal, id: number | null, wish: Wish<Credential>): Promise<Credential> {
    if (id !== null) await this.get(id);
    return wordingConstraints(WORDS, () =>
      this.dataSource.transaction((tx) =>
        id === null
          ? this.rows.insert(tx, principal, CREDENTIAL, wish)
          : this.rows.update(tx, principal, CREDENTIAL, id, wish),
      ),
    );
  }

  async remove(principal: Principal, id: number): Promise<void> {
    await this.get(id);
    await wordingUse('Credential', () =>
      this.dataSource.transaction((tx) => this.rows.remove(tx, principal, CREDENTIAL, id)),
    );
  }

  findGlobal(): Promise<Credential | null> {
    return this.dataSource.manager.findOneBy(Credential, { isGlobal: true });
  }

  /** Makes or changes the global one: there is never a second. */
  async saveGlobal(principal: Principal, wish: Wish<Credential>): Promise<Credential> {
    return wordingConstraints(WORDS, () =>
      this.dataSource.transaction(async (tx) => {
        await tx.query('select pg_advisory_xact_lock(hashtext($1))', ['slipway global credential']);
        const existing = await tx.findOneBy(Credential, { isGlobal: true });
        return existing === null
          ? this.rows.insert(tx, principal, CREDENTIAL, { ...wish, name: GLOBAL, isGlobal: true })
          : this.rows.update(tx, principal, CREDENTIAL, existing.id, wish);
      }),
    );
  }

  async removeGlobal(principal: Principal): Promise<void> {
    const existing = await this.findGlobal();
    if (existing === null) throw notFound('there is no global credential');
    await this.dataSource.transaction((tx) => this.rows.remove(tx, principal, CREDENTIAL, existing.id));
  }
}
