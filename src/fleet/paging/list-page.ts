import type { Conditions } from './conditions.js';
import { decodeCursor, digestOf, encodeCursor, type KeyType } from './cursor.js';
import type { Page, PageWish } from './page.js';

/** The order of a list: columns that are never null and together unique, all in one direction, so that an index serves it. */
export interface ListOrder {
  /** Names the list in its cursors. */
  readonly list: string;
  readonly direction: 'asc' | 'desc';
  readonly keys: readonly { readonly column: string; readonly type: KeyType }[];
}

export interface ListQuery {
  readonly order: ListOrder;
  /** `b.id, b.created_at as "createdAt"`. */
  readonly columns: string;
  /** `batches b left join …`. */
  readonly from: string;
  readonly where: Conditions;
  readonly wish: PageWish;
}

interface Sql {
  query<T = unknown>(query: string, parameters?: unknown[]): Promise<T>;
}

/** One page by its keys (never OFFSET, never COUNT): the same cost on the first page and on the last, however many rows. */
export async function listPage<Row extends object>(sql: Sql, query: ListQuery): Promise<Page<Row>> {
  const { order, wish } = query;
  const digest = digestOf(order.list, query.where.sql, query.where.parameters);
  const { text, parameters } = pageStatement(query, digest);
  const rows = await sql.query<(Row & { pageKeys: string[] })[]>(text, parameters);
  const items = rows.slice(0, wish.limit);
  const last = rows.length > wish.limit ? items.at(-1) : undefined;
  return {
    items: items.map(({ pageKeys: _keys, ...row }) => row as unknown as Row),
    nextCursor: last === undefined ? null : encodeCursor(digest, last.pageKeys),
  };
}

function pageStatement(
  { order, columns, from, where, wish }: ListQuery,
  digest: string,
): { text: string; parameters: unknown[] } {
  const names = order.keys.map(({ column }) => column);
  const types = order.keys.map(({ type }) => type);
  const parameters = where.parameters;
  let after = '';
  if (wish.cursor !== undefined) {
    const keys = decodeCursor(wish.cursor, digest, types);
    const places = keys.map((key, index) => `$${parameters.push(key)}::${types[index]}`);
    after = `and (${names.join(', ')}) ${order.direction === 'asc' ? '>' : '<'} (${places.join(', ')})`;
  }
  const sorted = names.map((name) => `${name} ${order.direction}`).join(', ');
  const keysAsText = names.map((name) => `${name}::text`).join(', ');
  const text = `select ${columns}, array[${keysAsText}] as "pageKeys" from ${from}
    where ${where.sql} ${after} order by ${sorted} limit $${parameters.push(wish.limit + 1)}::integer`;
  return { text, parameters };
}
