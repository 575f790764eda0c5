/** What a transaction can be asked with. */
interface Sql {
  query<T = unknown>(query: string, parameters?: unknown[]): Promise<T>;
}

/**
 * Of all processes that do the same thing at the same time, one may: until its transaction ends. The next one sees all
 * that this one committed, since PostgreSQL frees such a lock after the commit is visible.
 */
export async function takesTick(tx: Sql, name: string): Promise<boolean> {
  const [lock] = await tx.query<{ mine: boolean }[]>(
    `select pg_try_advisory_xact_lock(hashtext('slipway tick'), hashtext($1)) as mine`,
    [name],
  );
  return lock?.mine === true;
}
