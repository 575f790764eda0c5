import { invalidPage } from './refusals.js';

/** A query string as Fastify parses it: a repeated parameter is a list. */
export type QueryValues = Readonly<Record<string, unknown>>;

/** Which page was asked for, and where the request thinks it is. */
export interface PageRequest {
  readonly number: number | 'last';
  readonly size: number;
}

export interface PageBody<T> {
  readonly count: number;
  readonly next: string | null;
  readonly previous: string | null;
  readonly results: readonly T[];
}

const PAGE_SIZE = 100;
/** Beyond this the offset could not be a row's anyway; keeps arithmetic and SQL safe. */
const LAST_POSSIBLE_PAGE = 1_000_000_000;

/** The last value of a query parameter, or undefined where it was not given. */
export function queryText(query: QueryValues, name: string): string | undefined {
  const given = Object.hasOwn(query, name) ? query[name] : undefined;
  const value: unknown = Array.isArray(given) ? given.at(-1) : given;
  return typeof value === 'string' ? value : undefined;
}

/** `?page=`, and where a resource allows it `?page_size=`. Throws "Invalid page." as the original does. */
export function pageRequest(query: QueryValues, sizes: { size?: number; maxSize?: number } = {}): PageRequest {
  const size = pageSize(query, sizes.size ?? PAGE_SIZE, sizes.maxSize);
  const text = queryText(query, 'page')?.trim();
  if (text === undefined) return { number: 1, size };
  if (text === 'last') return { number: 'last', size };
  const number = Number(text);
  if (!/^\d+$/.test(text) || number < 1 || number > LAST_POSSIBLE_PAGE) throw invalidPage();
  return { number, size };
}

function pageSize(query: QueryValues, fallback: number, max: number | undefined): number {
  const text = queryText(query, 'page_size')?.trim() ?? '';
  if (max === undefined || !/^\d{1,9}$/.test(text) || Number(text) < 1) return fallback;
  return Math.min(Number(text), max);
}

/** Turns the asked page into rows to skip, once the count is known. An empty list has one (empty) page. */
export function pageOffset(page: PageRequest, count: number): { number: number; offset: number } {
  const pages = Math.max(1, Math.ceil(count / page.size));
  const number = page.number === 'last' ? pages : page.number;
  if (number > pages) throw invalidPage();
  return { number, offset: (number - 1) * page.size };
}

/** The list shape `{count, next, previous, results}` with absolute links (spec upgrade section 2). `url` is the request's own. */
export function pageBody<T>(url: string, page: PageRequest, count: number, results: readonly T[]): PageBody<T> {
  const { number } = pageOffset(page, count);
  const pages = Math.max(1, Math.ceil(count / page.size));
  return {
    count,
    next: number < pages ? withPage(url, number + 1) : null,
    previous: number > 1 ? withPage(url, number - 1) : null,
    results,
  };
}

function withPage(url: string, number: number): string {
  const link = new URL(url);
  if (number === 1) link.searchParams.delete('page');
  else link.searchParams.set('page', String(number));
  return link.toString();
}
