import type { EntityManager, EntityTarget, FindOptionsWhere } from 'typeorm';
import type { AuditEntry } from '../auth/audit/audit.service.js';
import { Conflict, type NotFound } from '../common/errors.js';
import { assertExpected, type ExpectedVersion } from '../common/expected-version.js';
import { violatedUnique } from '../database/pg-errors.js';

/** What people name and change: a plan, a schedule, a window, a hook, a webhook. */
interface NamedRow {
  readonly id: number | string;
  readonly name: string;
}

/** The row that is to be changed, held until the transaction ends. Throws `Outdated` when it is another version by now. */
export async function lockedRow<Row extends NamedRow & { readonly version: number }>(
  tx: EntityManager,
  entity: EntityTarget<Row>,
  where: FindOptionsWhere<Row>,
  expected: ExpectedVersion,
  missing: () => NotFound,
): Promise<Row> {
  const row = await tx.findOne(entity, { where, lock: { mode: 'pessimistic_write' } });
  if (!row) throw missing();
  assertExpected(expected, row.version);
  return row;
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
