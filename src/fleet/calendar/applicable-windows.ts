import type { Calendar, RecurringSpan, WindowGroup } from '../../orchestration/calendar/open-times.js';
import { parseWallTime } from '../../orchestration/calendar/wall-clock.js';
import type { WindowKind, WindowScope } from './maintenance-window.entity.js';

/** What the calendar has to know of a window; a row of the table has it. */
export interface WindowFacts {
  readonly id: number;
  readonly name: string;
  readonly kind: WindowKind;
  readonly scope: WindowScope;
  readonly sites: readonly string[];
  readonly tags: readonly string[];
  readonly zone: string;
  readonly startsLocal: string;
  readonly durationMin: number;
  readonly recurrence: string | null;
}

/** What a batch says of its calendar. */
export interface CalendarWish {
  /** Windows and blackouts it names. */
  readonly windows: readonly string[];
  readonly requireWindow: boolean;
}

export interface Work {
  readonly site: string | null;
  readonly tags: readonly string[];
  readonly wish: CalendarWish;
}

export const NO_WISH: CalendarWish = { windows: [], requireWindow: false };

/** As it is stored with a batch. What cannot be read wants more than anybody can give: it never opens. */
export function readCalendarWish(stored: Readonly<Record<string, unknown>> | null): CalendarWish {
  if (stored === null) return NO_WISH;
  const { windows, requireWindow } = stored;
  const isReadable = Array.isArray(windows) && windows.every((name) => typeof name === 'string');
  return { windows: isReadable ? windows : [], requireWindow: requireWindow === true || !isReadable };
}

/**
 * Which of the windows hold for a piece of work. Everybody's, the site's, each tag's and the batch's own are groups of their
 * own, and one window of each must be open: a site that only has Sundays keeps them, whatever a batch names.
 */
export function calendarOf(windows: readonly WindowFacts[], { site, tags, wish }: Work): Calendar {
  const groups: WindowGroup[] = [];
  const add = (of: string, holds: (window: WindowFacts) => boolean) => {
    const held = windows.filter((window) => window.kind === 'window' && holds(window));
    if (held.length > 0) groups.push({ of, windows: held.map(spanOf) });
  };
  add('everything', ({ scope }) => scope === 'all');
  if (site !== null) add(`site ${site}`, (window) => window.scope === 'matching' && window.sites.includes(site));
  for (const tag of new Set(tags)) {
    add(`tag ${tag}`, (window) => window.scope === 'matching' && window.tags.includes(tag));
  }
  const named = namedGroup(windows, wish);
  if (named) groups.push(named);
  if (wish.requireWindow && groups.length === 0) groups.push({ of: 'the batch, which takes one', windows: [] });
  const isOn = (window: WindowFacts) => window.kind === 'blackout' && holdsFor(window, { site, tags, wish });
  return { groups, blackouts: windows.filter(isOn).map(spanOf) };
}

/** A window that a batch names and that is not there (any more) is one that never opens. */
function namedGroup(windows: readonly WindowFacts[], wish: CalendarWish): WindowGroup | null {
  const byName = new Map(windows.map((window) => [window.name, window]));
  const named = wish.windows.map((name) => byName.get(name));
  const found = named.filter((window) => window?.kind === 'window').map((window) => spanOf(window!));
  const isMissing = named.includes(undefined);
  return found.length > 0 || isMissing ? { of: 'the batch', windows: found } : null;
}

function holdsFor(window: WindowFacts, { site, tags, wish }: Work): boolean {
  if (window.scope === 'all' || wish.windows.includes(window.name)) return true;
  if (window.scope === 'named') return false;
  return (site !== null && window.sites.includes(site)) || window.tags.some((tag) => tags.includes(tag));
}

export function spanOf(window: WindowFacts): RecurringSpan {
  const { name, zone, startsLocal, durationMin, recurrence } = window;
  return { name, zone, starts: parseWallTime(startsLocal) ?? 0, durationMin, recurrence };
}
