import { Injectable } from '@nestjs/common';
import { DataSource } from 'typeorm';
import { Refused } from '../../common/errors.js';
import { roleCovers, type Principal } from '../../auth/principal.js';
import { AuditedRows, type RowKind, type Wish } from '../audited-rows.js';
import { listPage, type Listing } from '../drf/listing.js';
import type { PageRequest, QueryValues } from '../drf/page.js';
import { notFound } from '../drf/refusals.js';
import { alreadyExists, wordingConstraints, wordingUse } from '../drf/unique.js';
import { assertNoUnfinishedJobFrom } from '../unfinished-jobs.js';
import { FileServer } from './file-server.entity.js';

const FILE_SERVER: RowKind<FileServer> = { entity: FileServer, type: 'file_server', label: (server) => server.name };

const FILE_SERVERS: Listing = {
  search: ['f.name', 'f.address', 'f.city'],
  ordering: { id: 'f.id', name: 'f.name', city: 'f.city' },
  defaultOrder: 'f.id',
  tieBreaker: 'f.id',
  filters: {
    name: { kind: 'text', column: 'f.name' },
    protocol: { kind: 'text', column: 'f.protocol' },
    is_global_default: { kind: 'boolean', column: 'f.isGlobalDefault' },
  },
};

const HOST = ['protocol', 'address', 'port'] as const;
const PLACE = [...HOST, 'basePath'] as const;

const WORDS = { file_servers_name_key: alreadyExists('file server', 'name') };

/** The servers devices may pull images from. Passwords arrive here encrypted. */
@Injectable()
export class FileServersService {
  constructor(
    private readonly dataSource: DataSource,
    private readonly rows: AuditedRows,
  ) {}

  list(query: QueryValues): Promise<{ page: PageRequest; count: number; rows: FileServer[] }> {
    return listPage(this.dataSource.createQueryBuilder(FileServer, 'f'), FILE_SERVERS, query);
  }

  async get(id: number): Promise<FileServer> {
    const server = await this.dataSource.manager.findOneBy(FileServer, { id });
    if (server === null) throw notFound(`file server ${id} does not exist`);
    return server;
  }

  create(principal: Principal, wish: Wish<FileServer>): Promise<FileServer> {
    assertMayChange(principal, null, wish);
    return wordingConstraints(WORDS, () =>
      this.dataSource.transaction((tx) => this.rows.insert(tx, principal, FILE_SERVER, wish)),
    );
  }

  update(principal: Principal, id: number, wish: Wish<FileServer>): Promise<FileServer> {
    return wordingConstraints(WORDS, () =>
      this.dataSource.transaction(async (tx) => {
        const before = await this.rows.lock(tx, FILE_SERVER, id);
        assertMayChange(principal, before, wish);
        // Somebody may have approved a job that takes its image from where the server was.
        if (PLACE.some((field) => hasChanged(before, wish, field)))
          await assertNoUnfinishedJobFrom(tx, id, before.name);
        return this.rows.update(tx, principal, FILE_SERVER, id, wish);
      }),
    );
  }

  async remove(principal: Principal, id: number): Promise<void> {
    await wordingUse('File server', () =>
      this.dataSource.transaction((tx) => this.rows.remove(tx, principal, FILE_SERVER, id)),
    );
  }
}

/**
 * Only an admin gives a server a login, and only an admin points a server that has one somewhere
 * else: whoever could do that would be sent the password.
 */
function assertMayChange(principal: Principal, before: FileServer | null, wish: Wish<FileServer>): void {
  if (roleCovers(principal.role, 'admin')) return;
  const givesLogin = (wish.username ?? null) !== null || (wish.password ?? null) !== null;
  const takesLogin = before !== null && (hasChanged(before, wish, 'username') || hasChanged(before, wish, 'password'));
  const hadLogin = before !== null && (before.username !== null || before.password !== null);
  const moves = before !== null && HOST.some((field) => hasChanged(before, wish, field));
  if (givesLogin || takesLogin || (hadLogin && moves)) {
    throw new Refused('The login of a file server takes the role admin.', { code: 'role', role: 'admin' });
  }
}

function hasChanged(before: FileServer, wish: Wish<FileServer>, field: keyof Wish<FileServer>): boolean {
  return wish[field] !== undefined && wish[field] !== before[field];
}
