import { inputError } from '../../wire/genesis-result.js';

/** Lists of projects and configurations are by name, or `~name` for the other way round. */
export function nameOrder(sorting: unknown): 'ascending' | 'descending' {
  if (sorting === undefined || sorting === 'name') return 'ascending';
  if (sorting === '~name') return 'descending';
  const field = typeof sorting === 'string' ? sorting.replace(/^~/, '').slice(0, 64) : '';
  throw inputError(`Unsupported ordering field '${field}'`);
}
