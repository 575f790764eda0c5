import type { ObjectLiteral, SelectQueryBuilder } from 'typeorm';
import { pageOffset, pageRequest, queryText, type PageRequest, type QueryValues } from './page.js';
import { invalidField } from './refusals.js';

/**
 * What a list of this dialect may be searched, ordered and filtered by. The values are SQL expressions written in the
 * code, the keys are the names a client may use: nothing a client sends ever becomes SQL.
 */
export interface Listing {
  readonly search: readonly string[];
  readonly ordering: Readonly<Record<string, string>>;
  readonly defaultOrder: string;
  /** The order's last word, so that pages never overlap. */
  readonly tieBreaker: string;
  readonly filters: Readonly<Record<string, ListFilter>>;
}

export interface ListFilter {
  readonly kind: 'text' | 'contains' | 'integer' | 'boolean';
  readonly column: string;
}

export interface Condition {
  readonly sql: string;
  readonly parameters: Readonly<Record<string, unknown>>;
}

const LARGEST_INTEGER = 2 ** 31 - 1;

/** `search=` and the declared filters as SQL conditions; unknown parameters are ignored, as Django's filters do. */
export function conditionsOf(listing: Listing, query: QueryValues): Condition[] {
  return [...searchConditions(listing, query), ...filterConditions(listing, query)];
}

/** `ordering=name,-id` as SQL; names that were not declared are ignored, as the original does. */
export function orderOf(listing: Listing, query: QueryValues): { sql: string; direction: 'ASC' | 'DESC' }[] {
  const asked = (queryText(query, 'ordering') ?? '').split(',').flatMap((term) => {
    const name = term.trim().replace(/^-/, '');
    const sql = Object.hasOwn(listing.ordering, name) ? listing.ordering[name] : undefined;
    return sql === undefined
      ? []
      : [{ sql, direction: term.trim().startsWith('-') ? ('DESC' as const) : ('ASC' as const) }];
  });
  const order = asked.length > 0 ? asked : [{ sql: listing.defaultOrder, direction: 'ASC' as const }];
  const unique = order.filter((term, index) => order.findIndex((other) => other.sql === term.sql) === index);
  return unique.some((term) => term.sql === listing.tieBreaker)
    ? unique
    : [...unique, { sql: listing.tieBreaker, direction: 'ASC' }];
}

function searchConditions(listing: Listing, query: QueryValues): Condition[] {
  const terms = readable('search', queryText(query, 'search') ?? '')
    .split(/[\s,]+/)
    .filter((term) => term !== '');
  if (listing.search.length === 0) return [];
  return terms.slice(0, 20).map((term, index) => ({
    sql: `(${listing.search.map((column) => `${column} ILIKE :search${index}`).join(' OR ')})`,
    parameters: { [`search${index}`]: `%${likeLiteral(term)}%` },
  }));
}

function filterConditions(listing: Listing, query: QueryValues): Condition[] {
  return Object.entries(listing.filters).flatMap(([name, filter], index) => {
    const parameter = `filter${index}`;
    const exact = nonEmpty(query, name);
    const conditions = exact === undefined ? [] : [filterCondition(name, filter, exact, parameter)];
    if (filter.kind !== 'text' && filter.kind !== 'contains') return conditions;
    const equal = nonEmpty(query, `${name}__ie`);
    const within = nonEmpty(query, `${name}__ic`);
    if (equal !== undefined) conditions.push(like(filter.column, `${parameter}ie`, likeLiteral(readable(name, equal))));
    if (within !== undefined)
      conditions.push(like(filter.column, `${parameter}ic`, `%${likeLiteral(readable(name, within))}%`));
    return conditions;
  });
}

function filterCondition(name: string, filter: ListFilter, text: string, parameter: string): Condition {
  switch (filter.kind) {
    case 'text':
      return { sql: `${filter.column} = :${parameter}`, parameters: { [parameter]: readable(name, text) } };
    case 'contains':
      return like(filter.column, parameter, `%${likeLiteral(readable(name, text))}%`);
    case 'integer':
      if (!/^\d{1,19}$/.test(text.trim())) throw invalidField(name, 'Enter a number.');
      // No row can have a larger one; asking PostgreSQL would be a numeric overflow.
      if (Number(text) > LARGEST_INTEGER) return { sql: '1 = 0', parameters: {} };
      return { sql: `${filter.column} = :${parameter}`, parameters: { [parameter]: Number(text) } };
    case 'boolean': {
      if (!/^(true|false|1|0)$/i.test(text.trim())) throw invalidField(name, 'Must be a valid boolean.');
      return { sql: `${filter.column} = :${parameter}`, parameters: { [parameter]: /^(true|1)$/i.test(text.trim()) } };
    }
  }
}

function like(column: string, parameter: string, pattern: string): Condition {
  return { sql: `${column} ILIKE :${parameter}`, parameters: { [parameter]: pattern } };
}

function nonEmpty(query: QueryValues, name: string): string | undefined {
  const text = queryText(query, name);
  return text === '' ? undefined : text;
}

function readable(field: string, text: string): string {
  if (text.includes('\0')) throw invalidField(field, 'Null characters are not allowed.');
  return text;
}

function likeLiteral(text: string): string {
  return text.replace(/[\\%_]/g, (character) => `\\${character}`);
}

/** One page of a list, counted and read with the listing's conditions and order. */
export async function listPage<T extends ObjectLiteral>(
  rows: SelectQueryBuilder<T>,
  listing: Listing,
  query: QueryValues,
  page: PageRequest = pageRequest(query),
): Promise<{ page: PageRequest; count: number; rows: T[] }> {
  for (const condition of conditionsOf(listing, query)) rows.andWhere(condition.sql, condition.parameters);
  const count = await rows.getCount();
  const { offset } = pageOffset(page, count);
  for (const term of orderOf(listing, query)) rows.addOrderBy(term.sql, term.direction);
  return { page, count, rows: await rows.limit(page.size).offset(offset).getMany() };
}
