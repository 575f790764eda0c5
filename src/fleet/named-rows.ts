import type { AuditEntry } from '../auth/audit/audit.service.js';
import { Conflict } from '../common/errors.js';
import { violatedUnique } from '../database/pg-errors.js';

/** What people name and change: a plan, a schedule, a window, a hook, a webhook. */
interface NamedRow {
  readonly id: number | string;
  readonly name: string;
}

/** The audit record of a change. `shown` says what of a row the trail may hold; all of it unless stated. */
export function changeOf<Row extends NamedRow>(
  kind: string,
  act: 'create' | 'update' | 'delete',
  before: Row | null,
  after: Row | null,
  shown: (row: Row) => object = (row) => row,
): AuditEntry {
  const { id, name } = (after ?? before)!;
  return {
    action: `${kind}.${act}`,
    objectType: kind,
    objectId: id,
    objectRepr: name,
    before: before && shown(before),
    after: after && shown(after),
  };
}

/** Catches what a write throws when another row of the kind has the name. `constraint`: what keeps names apart. */
export function nameTaken(kind: string, constraint: string): (error: unknown) => never {
  return (error) => {
    if (violatedUnique(error) !== constraint) throw error;
    throw new Conflict(`There is a ${kind} with this name already.`, { code: 'name_taken' });
  };
}
