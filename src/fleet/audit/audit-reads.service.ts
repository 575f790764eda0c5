import { Injectable } from '@nestjs/common';
import { DataSource } from 'typeorm';
import { AuditChainService } from '../../auth/audit/audit-chain.service.js';
import { Conditions } from '../paging/conditions.js';
import { listPage, type ListOrder } from '../paging/list-page.js';
import type { Page, PageWish } from '../paging/page.js';

export interface AuditRow {
  readonly id: string;
  readonly at: Date;
  readonly userId: number | null;
  readonly userName: string;
  readonly address: string;
  readonly userAgent: string;
  readonly source: string;
  readonly action: string;
  readonly objectType: string;
  readonly objectId: string;
  readonly objectRepr: string;
  readonly before: Record<string, unknown> | null;
  readonly after: Record<string, unknown> | null;
}

export interface AuditFilter {
  readonly user?: string;
  readonly action?: string;
  readonly objectType?: string;
  readonly objectId?: string;
  readonly source?: string;
  readonly after?: Date;
  readonly before?: Date;
}

const COLUMNS = `e.id, e.at, e.user_id as "userId", e.user_name as "userName", e.address, e.user_agent as "userAgent",
  e.source, e.action, e.object_type as "objectType", e.object_id as "objectId", e.object_repr as "objectRepr",
  e.before, e.after`;

const NEWEST_FIRST: ListOrder = {
  list: 'audit',
  direction: 'desc',
  keys: [
    { column: 'e.at', type: 'timestamptz' },
    { column: 'e.id', type: 'bigint' },
  ],
};

/** Who did what, when, from where. */
@Injectable()
export class AuditReads {
  constructor(
    private readonly dataSource: DataSource,
    private readonly chain: AuditChainService,
  ) {}

  list(filter: AuditFilter, wish: PageWish): Promise<Page<AuditRow>> {
    const where = new Conditions()
      .addIf(filter.user, (name) => `e.user_name = ${name}`)
      .addIf(filter.action, (action) => `e.action = ${action}`)
      .addIf(filter.objectType, (type) => `e.object_type = ${type}`)
      .addIf(filter.objectId, (id) => `e.object_id = ${id}`)
      .addIf(filter.source, (source) => `e.source = ${source}`)
      .addIf(filter.after, (at) => `e.at >= ${at}`)
      .addIf(filter.before, (at) => `e.at < ${at}`);
    return listPage(this.dataSource, { order: NEWEST_FIRST, columns: COLUMNS, from: 'audit_events e', where, wish });
  }

  /**
   * Every sealed record as a line of JSON with its place in the chain, from the first or after `afterSeq`, so that an export
   * can be verified without us. A page is in memory at a time, however slowly it is read.
   */
  async *exportLines(afterSeq: number): AsyncGenerator<string> {
    for await (const link of this.chain.links(afterSeq)) yield `${JSON.stringify(link)}\n`;
  }
}
