import { IsOptional, IsString, MaxLength } from 'class-validator';
import type { Page, PageWish } from '../paging/page.js';
import { WholeNumberText } from '../../common/fields/text-fields.js';

/** The query of a list; filters are added by a class that extends it. Nothing else is taken. */
export class PageQuery implements PageWish {
  /** How many at most, 1 to 500. */
  @WholeNumberText(1, 500)
  limit: number = 50;

  /** `next_cursor` of the page before. */
  @IsOptional()
  @IsString()
  @MaxLength(4096)
  cursor?: string;
}

export interface PageView<Item> {
  readonly items: Item[];
  readonly next_cursor: string | null;
}

export function toPageView<Row, Item>(page: Page<Row>, toItem: (row: Row) => Item): PageView<Item> {
  return { items: page.items.map(toItem), next_cursor: page.nextCursor };
}
