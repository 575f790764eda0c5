import { Injectable } from '@nestjs/common';
import { DataSource } from 'typeorm';
import type { Principal } from '../../auth/principal.js';
import { defined } from '../../common/fields/defined.js';
import { AuditedRows, type RowKind, type Wish } from '../audited-rows.js';
import { listPage, type Listing } from '../drf/listing.js';
import type { PageRequest, QueryValues } from '../drf/page.js';
import { notFound } from '../drf/refusals.js';
import { alreadyExists, wordingConstraints, wordingUse } from '../drf/unique.js';
import { Check } from './check.entity.js';

const CHECK: RowKind<Check> = { entity: Check, type: 'check', label: (check) => check.name };

const CHECKS: Listing = {
  search: ['c.name', 'c.description', 'c.command'],
  ordering: { id: 'c.id', name: 'c.name', check_type: 'c.checkType', category: 'c.category' },
  defaultOrder: 'c.id',
  tieBreaker: 'c.id',
  filters: {
    name: { kind: 'text', column: 'c.name' },
    check_type: { kind: 'text', column: 'c.checkType' },
    category: { kind: 'text', column: 'c.category' },
    platform: { kind: 'text', column: 'c.platform' },
    is_default: { kind: 'boolean', column: 'c.isDefault' },
  },
};

const WORDS = { checks_name_key: alreadyExists('check', 'name') };

/** What is compared before and after an upgrade. */
@Injectable()
export class ChecksService {
  constructor(
    private readonly dataSource: DataSource,
    private readonly rows: AuditedRows,
  ) {}

  list(query: QueryValues): Promise<{ page: PageRequest; count: number; rows: Check[] }> {
    return listPage(this.dataSource.createQueryBuilder(Check, 'c'), CHECKS, query);
  }

  async get(id: number): Promise<Check> {
    const check = await this.dataSource.manager.findOneBy(Check, { id });
    if (check === null) throw notFound(`check ${id} does not exist`);
    return check;
  }

  save(principal: Principal, id: number | null, wish: Wish<Check>): Promise<Check> {
    return wordingConstraints(WORDS, () =>
      this.dataSource.transaction((tx) =>
        id === null
          ? this.rows.insert(tx, principal, CHECK, { checkType: 'both', category: 'command', ...defined(wish) })
          : this.rows.update(tx, principal, CHECK, id, wish),
      ),
    );
  }

  async remove(principal: Principal, id: number): Promise<void> {
    await wordingUse('Check', () => this.dataSource.transaction((tx) => this.rows.remove(tx, principal, CHECK, id)));
  }
}
