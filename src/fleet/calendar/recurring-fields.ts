import type { FieldProblem } from '../../common/fields/read-fields.js';
import { recurringProblem } from '../../orchestration/calendar/recurrence.js';
import { isZoneName, parseWallTime } from '../../orchestration/calendar/wall-clock.js';

/** What a window and a schedule both say of when they are. */
export interface RecurringFields {
  readonly zone: string;
  /** `2026-11-21T02:00`, by the wall clock of the zone. */
  readonly startsLocal: string;
  readonly recurrence: string | null;
}

/** What is wrong with them, pointing at the fields of the request. */
export function recurringProblems({ zone, startsLocal, recurrence }: RecurringFields): FieldProblem[] {
  const starts = parseWallTime(startsLocal);
  const problems: FieldProblem[] = [];
  if (!isZoneName(zone)) {
    problems.push({ pointer: '/zone', detail: 'must be the name of a time zone, such as Europe/Berlin or UTC' });
  }
  if (starts === null) {
    const detail = 'must be a time by the wall clock of the zone, without Z or an offset, such as 2026-11-21T02:00';
    problems.push({ pointer: '/starts_at', detail });
  }
  if (problems.length > 0 || starts === null) return problems;
  const problem = recurringProblem({ zone, starts, recurrence });
  return problem === null ? [] : [{ pointer: '/recurrence', detail: problem }];
}
