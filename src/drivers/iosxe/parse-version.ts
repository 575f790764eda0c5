import type { DeviceFacts } from '../device-driver.js';

/** A row of the stack table of `show version`. */
export interface StackMember {
  readonly number: number;
  readonly model: string;
  readonly version: string;
  readonly mode: string;
  readonly isActive: boolean;
}

export interface ShowVersion {
  readonly hostname: string | null;
  readonly version: string | null;
  readonly model: string | null;
  readonly serial: string | null;
  readonly bootImage: string | null;
  readonly uptimeMs: number | null;
  /** `14:02:33 UTC Sat Nov 21 2026`, only where the box has a clock. */
  readonly restartedAt: string | null;
  readonly configRegister: string | null;
  readonly members: readonly StackMember[];
}

/** Reads `show version` (spec upgrade section 5.1). Line 1 has the zero-padded version, line 2 the plain one. */
export function parseShowVersion(text: string): ShowVersion {
  const first = (pattern: RegExp) => pattern.exec(text)?.[1]?.trim() ?? null;
  return {
    hostname: first(/^(\S+) uptime is /m),
    version: first(/^Cisco IOS[ -]XE Software, Version (\S+)/m) ?? first(/, Version ([^\s,]+)/),
    model: first(/^Model Number\s*:\s*(\S+)/im) ?? first(/^cisco (\S+) .*processor/im),
    serial: first(/^Processor board ID (\S+)/m) ?? first(/^System Serial Number\s*:\s*(\S+)/im),
    bootImage: first(/^System image file is "([^"]+)"/m),
    uptimeMs: uptimeOf(first(/^\S+ uptime is (.+)$/m)),
    restartedAt: first(/^System restarted at (.+)$/m),
    configRegister: first(/^Configuration register is (0x[0-9A-Fa-f]+)/m),
    members: membersOf(text),
  };
}

const UNIT_MINUTES: Readonly<Record<string, number>> = { year: 525_600, week: 10_080, day: 1440, hour: 60, minute: 1 };

/** `7 weeks, 17 hours, 14 minutes`: units that are zero are missing. */
export function uptimeOf(text: string | null): number | null {
  if (text === null) return null;
  let minutes: number | null = null;
  for (const [, count, unit] of text.matchAll(/(\d+) (year|week|day|hour|minute)s?/g)) {
    minutes = (minutes ?? 0) + Number(count) * (UNIT_MINUTES[unit ?? ''] ?? 0);
  }
  return minutes === null ? null : minutes * 60_000;
}

function membersOf(text: string): StackMember[] {
  const rows = text.matchAll(/^(\*?) +(\d+) +\d+ +(\S+) +(\S+) +(\S+) +(INSTALL|BUNDLE)\s*$/gm);
  return [...rows].map(([, star, number, model, version, , mode]) => ({
    number: Number(number),
    model: model ?? '',
    version: version ?? '',
    mode: mode ?? '',
    isActive: star === '*',
  }));
}

const MONTHS = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec'];

/** Milliseconds of a clock reading in the box's own time zone; only differences of two such readings mean anything. */
export function clockReading(text: string): number | null {
  const found = /(\d\d):(\d\d):(\d\d)(?:\.(\d{1,3}))?\s+\S+\s+\w{3}\s+(\w{3})\s+(\d{1,2})\s+(\d{4})/.exec(text);
  const month = MONTHS.indexOf(found?.[5] ?? '');
  if (!found || month < 0) return null;
  const fraction = Number((found[4] ?? '0').padEnd(3, '0'));
  return Date.UTC(
    Number(found[7]),
    month,
    Number(found[6]),
    Number(found[1]),
    Number(found[2]),
    Number(found[3]),
    fraction,
  );
}

/**
 * When the box booted, on our clock. `System restarted at` is exact to a second, and measured against the box's own
 * clock it needs no time zone; the uptime is exact to a minute and serves where the box has no clock.
 */
export function bootTimeOf(version: ShowVersion, clock: string | null, now: Date): Date | null {
  const restarted = version.restartedAt === null ? null : clockReading(version.restartedAt);
  const reading = clock === null ? null : clockReading(clock);
  if (restarted !== null && reading !== null && reading >= restarted) {
    return new Date(Math.round((now.getTime() - (reading - restarted)) / 1000) * 1000);
  }
  return version.uptimeMs === null ? null : new Date(now.getTime() - version.uptimeMs);
}

export function factsOf(version: ShowVersion, clock: string | null, fallbackHostname: string, now: Date): DeviceFacts {
  return {
    hostname: version.hostname ?? fallbackHostname,
    model: version.model,
    serial: version.serial,
    version: version.version ?? 'unknown',
    bootImage: version.bootImage,
    bootTime: bootTimeOf(version, clock, now),
  };
}
