import type { Sql } from '../../orchestration/sql.js';
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
  /**
   * A filter by several values of a text column. PostgreSQL would sort all their rows; asked for each value by itself an
   * index gives its first rows at once, and only those are merged.
   */
  readonly oneOf?: { readonly column: string; readonly values: readonly string[] };
  readonly wish: PageWish;
  /** For a list that is followed: there is a cursor after its last row too, and before its first: these keys. */
  readonly followedFrom?: readonly string[] | undefined;
}

/** One page by its keys (never OFFSET, never COUNT): the same cost on the first page and on the last, however many rows. */
export async function listPage<Row extends object>(sql: Sql, query: ListQuery): Promise<Page<Row>> {
  const { order, wish, oneOf } = query;
  const values = oneOf && [...new Set(oneOf.values)].sort();
  const digest = digestOf(order.list, query.where.sql, [...query.where.parameters, oneOf?.column, values]);
  const parameters = query.where.parameters;
  const conditions = query.where.sql + afterCursor(query, digest, parameters);
  const limit = `$${parameters.push(wish.limit + 1)}::integer`;
  const text =
    oneOf && values
      ? partsStatement(query, oneOf.column, `$${parameters.push(values)}`, conditions, limit)
      : `${selection(query)} where ${conditions} order by ${sorting(order)} limit ${limit}`;
  const rows = await sql.query<(Row & { page: { keys: string[] } })[]>(text, parameters);
  const items = rows.slice(0, wish.limit);
  const isLast = rows.length <= wish.limit;
  return {
    items: items.map(({ page: _page, ...row }) => row as unknown as Row),
    nextCursor: isLast && !query.followedFrom ? null : cursorAfter(query, digest, items.at(-1)?.page.keys),
  };
}

/** Where nothing came after the cursor that was given, it stays the place to look from. */
function cursorAfter({ wish, followedFrom = [] }: ListQuery, digest: string, keys?: readonly string[]): string {
  return keys === undefined ? (wish.cursor ?? encodeCursor(digest, followedFrom)) : encodeCursor(digest, keys);
}

function selection({ order, columns, from }: ListQuery): string {
  const keys = order.keys.map(({ column }) => `${column}::text`).join(', ');
  return `select ${columns}, json_build_object('keys', array[${keys}]) as page from ${from}`;
}

function sorting({ keys, direction }: ListOrder): string {
  return keys.map(({ column }) => `${column} ${direction}`).join(', ');
}

/** What comes after the page before, with its parameters pushed; nothing for the first page. */
function afterCursor({ order, wish }: ListQuery, digest: string, parameters: unknown[]): string {
  if (wish.cursor === undefined) return '';
  const { keys, direction } = order;
  const ended = decodeCursor(
    wish.cursor,
    digest,
    keys.map(({ type }) => type),
  );
  const places = ended.map((key, index) => `$${parameters.push(key)}::${keys[index]!.type}`);
  const columns = keys.map(({ column }) => column).join(', ');
  return ` and (${columns}) ${direction === 'asc' ? '>' : '<'} (${places.join(', ')})`;
}

/** The first rows of each value, merged: their keys are read back from what the page keeps for its cursor. */
function partsStatement(query: ListQuery, column: string, values: string, conditions: string, limit: string): string {
  const { order } = query;
  const sorted = order.keys
    .map(({ type }, index) => `(merged.page -> 'keys' ->> ${index})::${type} ${order.direction}`)
    .join(', ');
  return `select merged.* from unnest(${values}::text[]) as part(value)
    cross join lateral (
      ${selection(query)} where ${column} = part.value and ${conditions} order by ${sorting(order)} limit ${limit}) merged
    order by ${sorted} limit ${limit}`;
}
