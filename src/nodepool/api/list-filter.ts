import { createParamDecorator, type ExecutionContext } from '@nestjs/common';
import type { FastifyRequest } from 'fastify';
import { Invalid } from '../../common/errors.js';
import { POOL_STATES, type PoolState, type PoolStateName } from '../states.js';

/** Ours, additive: the original ignores the query. Several values of one filter: any of them. Null: not asked. */
export interface ListFilter {
  readonly states: readonly PoolState[] | null;
  readonly providers: readonly string[] | null;
  readonly names: readonly string[] | null;
}

/** `?state=&provider=` and, by `name`, `?label=` or `?image=`. Others are ignored. */
export const Filter = createParamDecorator((name: 'label' | 'image', context: ExecutionContext): ListFilter => {
  const query = context.switchToHttp().getRequest<FastifyRequest>().query as Readonly<Record<string, unknown>>;
  const states = valuesOf(query['state']);
  return {
    states: states && states.map(stateOf),
    providers: valuesOf(query['provider']),
    names: valuesOf(query[name]),
  };
});

function valuesOf(value: unknown): string[] | null {
  const values = [value].flat().filter((each): each is string => typeof each === 'string' && each !== '');
  return values.length === 0 ? null : values.slice(0, 100);
}

/** By name or by number, as objects show both. */
function stateOf(text: string): PoolState {
  const byName = Object.hasOwn(POOL_STATES, text) ? POOL_STATES[text as PoolStateName] : undefined;
  const state = byName ?? Object.values(POOL_STATES).find((number) => String(number) === text);
  if (state === undefined)
    throw new Invalid(`Query parameter 'state' must be one of ${Object.keys(POOL_STATES).join(', ')}`);
  return state;
}

/** Exact, and in the process: a pool has thousands of rows, not millions, and no value of a query can upset this. */
export function passes(filter: ListFilter, row: { state: PoolState; provider: string | null; name: string }): boolean {
  return (
    (filter.states === null || filter.states.includes(row.state)) &&
    (filter.providers === null || (row.provider !== null && filter.providers.includes(row.provider))) &&
    (filter.names === null || filter.names.includes(row.name))
  );
}
