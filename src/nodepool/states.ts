/**
 * States as data (spec nodepool section 2): the only place that says what may follow what. The numbers are the dialect's
 * `_state`, and what the tables hold. There is no "failed": what failed is deleted, and its reason kept beside it.
 */
export const POOL_STATES = { building: 1, ready: 2, used: 3, delete: 4, hold: 5, test: 6 } as const;
export type PoolStateName = keyof typeof POOL_STATES;
export type PoolState = (typeof POOL_STATES)[PoolStateName];

type Transitions = Readonly<Record<PoolStateName, readonly PoolStateName[]>>;

/**
 * A node. `building` may be held before it is launched; let go, it is `building` again, and only its launch makes it
 * `ready`. Nothing leaves `delete`: its row goes when its server is gone.
 */
export const NODE_TRANSITIONS: Transitions = {
  building: ['ready', 'test', 'hold', 'delete'],
  ready: ['used', 'test', 'hold', 'delete'],
  used: ['hold', 'delete'],
  test: ['ready', 'hold', 'delete'],
  hold: ['ready', 'building', 'delete'],
  delete: [],
};

/** An image in a provider, and a disk image on our disk: three states only (spec section 2.1). */
export const IMAGE_TRANSITIONS: Transitions = {
  building: ['ready', 'delete'],
  ready: ['delete'],
  used: [],
  delete: [],
  hold: [],
  test: [],
};

/** The states from which `to` may be reached. */
export function sourcesOf(transitions: Transitions, to: PoolStateName): PoolStateName[] {
  return (Object.keys(transitions) as PoolStateName[]).filter((from) => transitions[from].includes(to));
}

export function stateName(state: number): PoolStateName | undefined {
  return (Object.keys(POOL_STATES) as PoolStateName[]).find((name) => POOL_STATES[name] === state);
}
