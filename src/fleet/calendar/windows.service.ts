import { Injectable } from '@nestjs/common';
import { DataSource, type EntityManager } from 'typeorm';
import { AuditService } from '../../auth/audit/audit.service.js';
import type { Principal } from '../../auth/principal.js';
import { Conflict, NotFound } from '../../common/errors.js';
import type { ExpectedVersion } from '../../common/expected-version.js';
import { type FieldProblem, invalidFields } from '../../common/fields/read-fields.js';
import { once, type IdempotentRequest } from '../../http/idempotency/idempotency.js';
import { HORIZON_MS, spansOf } from '../../orchestration/calendar/open-times.js';
import { isSubDaily } from '../../orchestration/calendar/recurrence.js';
import { timesADay } from '../../orchestration/calendar/recurrence-rule.js';
import type { Span } from '../../orchestration/calendar/spans.js';
import { windowsChanged } from '../../orchestration/wake-ups.js';
import { changeOf, lockedRow, nameTaken } from '../named-rows.js';
import { Conditions } from '../paging/conditions.js';
import { listPage, type ListOrder } from '../paging/list-page.js';
import type { Page, PageWish } from '../paging/page.js';
import { spanOf } from './applicable-windows.js';
import { MaintenanceWindow, type WindowKind, type WindowScope } from './maintenance-window.entity.js';
import { recurringProblems } from './recurring-fields.js';

export type WindowFields = Pick<
  MaintenanceWindow,
  | 'description'
  | 'kind'
  | 'scope'
  | 'sites'
  | 'tags'
  | 'zone'
  | 'startsLocal'
  | 'durationMin'
  | 'recurrence'
  | 'enabled'
>;

export interface WindowFilter {
  readonly kind?: WindowKind;
  readonly scope?: WindowScope;
  readonly site?: string;
  readonly tag?: string;
  readonly enabled?: boolean;
}

const ORDER: ListOrder = { list: 'windows', direction: 'asc', keys: [{ column: 'w.id', type: 'integer' }] };
const COLUMNS = `w.id, w.name, w.description, w.kind, w.scope, w.sites, w.tags, w.zone, w.starts_local as "startsLocal",
  w.duration_min as "durationMin", w.recurrence, w.enabled, w.version, w.created_by_name as "createdByName",
  w.created_at as "createdAt", w.updated_at as "updatedAt"`;
/** A month; a recurring one may not outlast what people take for one event. */
const LONGEST_RECURRING_MIN = 31 * 1440;
/** A calendar is asked for more than a year at once. */
const MOST_A_DAY = 24;

/** Maintenance windows and blackouts. Whatever waits for one asks again when any of them changes. */
@Injectable()
export class WindowsService {
  constructor(
    private readonly dataSource: DataSource,
    private readonly audit: AuditService,
  ) {}

  list(filter: WindowFilter, wish: PageWish): Promise<Page<MaintenanceWindow>> {
    const where = new Conditions()
      .addIf(filter.kind, (p) => `w.kind = ${p}`)
      .addIf(filter.scope, (p) => `w.scope = ${p}`)
      .addIf(filter.site, (p) => `${p}::text = any(w.sites)`)
      .addIf(filter.tag, (p) => `${p}::text = any(w.tags)`)
      .addIf(filter.enabled, (p) => `w.enabled = ${p}`);
    return listPage(this.dataSource, { order: ORDER, columns: COLUMNS, from: 'maintenance_windows w', where, wish });
  }

  async get(id: number): Promise<MaintenanceWindow> {
    const window = await this.dataSource.manager.findOneBy(MaintenanceWindow, { id });
    if (!window) throw noWindow(id);
    return window;
  }

  async create(
    principal: Principal,
    name: string,
    fields: WindowFields,
    repeat: IdempotentRequest | null,
  ): Promise<MaintenanceWindow> {
    assertWindow(fields);
    const { id } = await this.dataSource.transaction((tx) =>
      once(tx, repeat, async () => {
        const window = tx.create(MaintenanceWindow, { name, ...fields, createdByName: principal.username });
        await tx.insert(MaintenanceWindow, window).catch(nameTaken('window', 'maintenance_windows_name_key'));
        await this.changed(tx, principal, 'create', null, window);
        return { id: window.id };
      }),
    );
    return this.get(id);
  }

  async update(
    principal: Principal,
    id: number,
    expected: ExpectedVersion,
    fields: Partial<WindowFields>,
  ): Promise<MaintenanceWindow> {
    await this.dataSource.transaction(async (tx) => {
      const before = await lock(tx, id, expected);
      const after = tx.create(MaintenanceWindow, { ...before, ...fields });
      assertWindow(after);
      await tx.update(MaintenanceWindow, id, {
        ...fields,
        version: before.version + 1,
        updatedAt: () => 'now()',
      });
      await this.changed(tx, principal, 'update', before, after);
    });
    return this.get(id);
  }

  /** Not while a plan or a batch that goes on names it: the batch would wait for a window that never opens. */
  async remove(principal: Principal, id: number, expected: ExpectedVersion): Promise<void> {
    await this.dataSource.transaction(async (tx) => {
      const window = await lock(tx, id, expected);
      const [user] = await tx.query<{ what: string }[]>(
        `select 'batch ' || id as what from batches
           where status in ('scheduled', 'running') and calendar->'windows' ? $1
         union all select 'plan ' || name from plans where request->'calendar'->'windows' ? $1 limit 1`,
        [window.name],
      );
      if (user) throw new Conflict(`The ${user.what} names the window ${window.name}.`, { code: 'in_use' });
      await tx.delete(MaintenanceWindow, id);
      await this.changed(tx, principal, 'delete', window, null);
    });
  }

  /** When it is, from a moment on; those that have begun before are in it until they end. */
  async openings(id: number, from: Date, most: number): Promise<Span[]> {
    const window = await this.get(id);
    const span = spanOf(window);
    const within = (ms: number) => spansOf(span, window.kind, from.getTime(), from.getTime() + ms).slice(0, most);
    const near = within(HORIZON_MS / 10);
    return near.length === most ? near : within(HORIZON_MS);
  }

  private async changed(
    tx: EntityManager,
    principal: Principal,
    act: 'create' | 'update' | 'delete',
    before: MaintenanceWindow | null,
    after: MaintenanceWindow | null,
  ): Promise<void> {
    await this.audit.record(tx, principal, changeOf('window', act, before, after));
    await windowsChanged(tx);
  }
}

function lock(tx: EntityManager, id: number, expected: ExpectedVersion): Promise<MaintenanceWindow> {
  return lockedRow(tx, MaintenanceWindow, { id }, expected, () => noWindow(id));
}

function noWindow(id: number): NotFound {
  return new NotFound(`No window has the id "${id}".`);
}

/** Rules between fields. */
function assertWindow(fields: WindowFields): void {
  const problems: FieldProblem[] = recurringProblems(fields);
  const lists = Number(fields.sites.length > 0) + Number(fields.tags.length > 0);
  if (fields.scope === 'matching' && lists !== 1) {
    problems.push({ pointer: '/scope', detail: 'matching takes either sites or tags' });
  }
  if (fields.scope !== 'matching' && lists > 0) {
    problems.push({ pointer: '/scope', detail: 'must be matching where there are sites or tags' });
  }
  if (isSubDaily(fields.recurrence)) {
    problems.push({ pointer: '/recurrence', detail: 'must be DAILY or less often: a window lasts for a while' });
  }
  if (timesADay(fields.recurrence ?? '') > MOST_A_DAY) {
    problems.push({ pointer: '/recurrence', detail: `must be at most ${MOST_A_DAY} times a day` });
  }
  if (fields.recurrence !== null && fields.durationMin > LONGEST_RECURRING_MIN) {
    problems.push({ pointer: '/duration_min', detail: `must be at most ${LONGEST_RECURRING_MIN} where it recurs` });
  }
  if (problems.length > 0) throw invalidFields(problems);
}
