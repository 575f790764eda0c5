import { Injectable } from '@nestjs/common';
import { DataSource } from 'typeorm';
import { NotFound } from '../../common/errors.js';
import {
  type Target,
  type TargetFilter,
  type TargetKind,
  TargetKinds,
} from '../../orchestration/targets/target-kinds.js';
import { decodeCursor, digestOf, encodeCursor } from '../paging/cursor.js';
import type { Page, PageWish } from '../paging/page.js';

/** Targets of all dialects, by the dialects' own words about them. */
@Injectable()
export class TargetReads {
  constructor(
    private readonly dataSource: DataSource,
    private readonly kinds: TargetKinds,
  ) {}

  listKinds(): TargetKind[] {
    return this.kinds.all();
  }

  async list(name: string, filter: TargetFilter, wish: PageWish): Promise<Page<Target>> {
    const kind = this.kinds.get(name);
    const { site, tag, state, text } = filter;
    const digest = digestOf(`targets ${name}`, '', [site, tag, state, text]);
    const after = wish.cursor === undefined ? null : decodeCursor(wish.cursor, digest, [kind.idType ?? 'integer'])[0]!;
    const found = await kind.list(this.dataSource, { after, limit: wish.limit + 1, filter });
    const items = found.slice(0, wish.limit);
    return { items, nextCursor: found.length > wish.limit ? encodeCursor(digest, [items.at(-1)!.id]) : null };
  }

  /** By its id only: a name may be somebody else's tomorrow. */
  async get(name: string, id: string): Promise<Target> {
    const found = (await this.kinds.get(name).find(this.dataSource, [id])).find((target) => target.id === id);
    if (!found) throw new NotFound(`No ${name} has the id ${JSON.stringify(id.slice(0, 60))}.`);
    return found;
  }
}
