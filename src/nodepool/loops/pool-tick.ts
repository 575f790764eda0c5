import type { DataSource, EntityManager } from 'typeorm';

/**
 * A pass of the pool's loops: of all processes that try at the same time exactly one acts, the one that gets the advisory
 * lock; what it counts and what it writes are one transaction. Null: another one is at it.
 */
export function exclusively<T>(
  dataSource: DataSource,
  name: string,
  act: (tx: EntityManager) => Promise<T>,
): Promise<T | null> {
  return dataSource.transaction(async (tx) => {
    const [lock] = await tx.query<{ mine: boolean }[]>(
      `select pg_try_advisory_xact_lock(hashtext('nodepool pass'), hashtext($1)) as mine`,
      [name],
    );
    return lock?.mine ? act(tx) : null;
  });
}

/** Who the loops act for. */
export const POOL_LOOPS = { id: null, name: 'nodepool' } as const;
