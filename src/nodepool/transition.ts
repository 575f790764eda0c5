import type { EntityManager, EntityTarget, QueryDeepPartialEntity } from 'typeorm';
import { DibImage } from './dib-image.entity.js';
import { PoolNode } from './pool-node.entity.js';
import { ProviderImage } from './provider-image.entity.js';
import { IMAGE_TRANSITIONS, NODE_TRANSITIONS, POOL_STATES, type PoolStateName, sourcesOf } from './states.js';

type Pooled = PoolNode | ProviderImage | DibImage;

/** A change of state. `from` may only narrow what the tables allow. */
export interface Change<T extends Pooled> {
  readonly to: PoolStateName;
  readonly from?: readonly PoolStateName[];
  /** Written in the same update. */
  readonly set?: QueryDeepPartialEntity<T>;
}

/**
 * The only way a state changes: one conditional update (spec nodepool section 2.6). False: the row is gone or in a state
 * that does not allow it, and nothing was written.
 */
export async function transition<T extends Pooled>(
  tx: EntityManager,
  entity: new () => T,
  id: number,
  change: Change<T>,
): Promise<boolean> {
  const table = (entity as unknown) === PoolNode ? NODE_TRANSITIONS : IMAGE_TRANSITIONS;
  const allowed = sourcesOf(table, change.to);
  const from = (change.from ?? allowed).filter((name) => allowed.includes(name)).map((name) => POOL_STATES[name]);
  if (from.length === 0) return false;
  const { affected } = await tx
    .createQueryBuilder()
    .update(entity as EntityTarget<Pooled>)
    .set({ ...(change.set as object), state: POOL_STATES[change.to], stateTime: () => 'now()' })
    .where('id = :id and state in (:...from)', { id, from })
    .execute();
  return affected === 1;
}
