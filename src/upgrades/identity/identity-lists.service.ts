import { Injectable } from '@nestjs/common';
import { InjectDataSource } from '@nestjs/typeorm';
import { DataSource } from 'typeorm';
import { AuditEvent } from '../../auth/audit/audit-event.entity.js';
import { Token } from '../../auth/token.entity.js';
import { User } from '../../auth/user.entity.js';
import { conditionsOf, listPage, type Listing } from '../drf/listing.js';
import { pageOffset, pageRequest, type PageRequest, type QueryValues } from '../drf/page.js';

export interface ListedPage<T> {
  readonly page: PageRequest;
  readonly count: number;
  readonly rows: T[];
}

const USERS: Listing = {
  search: ['account.username', 'account.email'],
  ordering: { id: 'account.id', username: 'account.username', role: 'account.role', last_login: 'account.lastLoginAt' },
  defaultOrder: 'account.id',
  tieBreaker: 'account.id',
  filters: {
    username: { kind: 'text', column: 'account.username' },
    email: { kind: 'text', column: 'account.email' },
    role: { kind: 'text', column: 'account.role' },
    is_active: { kind: 'boolean', column: 'account.isActive' },
  },
};

const TOKENS: Listing = {
  search: ['token.description', 'owner.username'],
  ordering: { id: 'token.id', created: 'token.createdAt', expires: 'token.expiresAt', last_used: 'token.lastUsedAt' },
  defaultOrder: 'token.id',
  tieBreaker: 'token.id',
  filters: {
    user: { kind: 'integer', column: 'token.userId' },
    kind: { kind: 'text', column: 'token.kind' },
    write_enabled: { kind: 'boolean', column: 'token.writeEnabled' },
  },
};

const EVENTS: Listing = {
  search: ['event.userName', 'event.objectRepr', 'event.action'],
  ordering: {},
  defaultOrder: 'event.id',
  tieBreaker: 'event.id',
  filters: {
    user: { kind: 'integer', column: 'event.userId' },
    user_name: { kind: 'text', column: 'event.userName' },
    action: { kind: 'text', column: 'event.action' },
    content_type: { kind: 'text', column: 'event.objectType' },
    object_id: { kind: 'text', column: 'event.objectId' },
    ip_address: { kind: 'text', column: 'event.address' },
  },
};

/** Spec upgrade section 2: 25 events a page, up to 1000 on request. */
const EVENT_PAGES = { size: 25, maxSize: 1000 };

/** Pages of users, tokens and audit events, with this dialect's filters. */
@Injectable()
export class IdentityLists {
  constructor(@InjectDataSource() private readonly database: DataSource) {}

  users(query: QueryValues): Promise<ListedPage<User>> {
    return listPage(this.database.createQueryBuilder(User, 'account'), USERS, query);
  }

  tokens(query: QueryValues): Promise<ListedPage<Token>> {
    const rows = this.database.createQueryBuilder(Token, 'token').innerJoinAndSelect('token.user', 'owner');
    return listPage(rows, TOKENS, query);
  }

  /** The newest first. */
  async events(query: QueryValues): Promise<ListedPage<AuditEvent>> {
    const page = pageRequest(query, EVENT_PAGES);
    const events = this.database.createQueryBuilder(AuditEvent, 'event');
    for (const { sql, parameters } of conditionsOf(EVENTS, query)) events.andWhere(sql, parameters);
    const count = await events.getCount();
    const { offset } = pageOffset(page, count);
    const rows = await events.orderBy('event.id', 'DESC').limit(page.size).offset(offset).getMany();
    return { page, count, rows };
  }
}
