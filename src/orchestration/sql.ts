/** What the statements of this folder need of a data source or of a transaction's manager. */
export interface Sql {
  query<T = unknown>(query: string, parameters?: unknown[]): Promise<T>;
}

/** A list of literals for `IN (…)`; for constants of this program only. */
export function literals(values: readonly string[]): string {
  return values.map((value) => `'${value}'`).join(', ');
}
