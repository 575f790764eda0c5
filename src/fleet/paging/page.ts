/** What a caller asks of a list. The cursor is the one the page before gave, word for word. */
export interface PageWish {
  readonly limit: number;
  readonly cursor?: string;
}

/** `nextCursor` is null on the last page. There is no total: counting a million rows costs more than showing fifty. */
export interface Page<Item> {
  readonly items: readonly Item[];
  readonly nextCursor: string | null;
}
