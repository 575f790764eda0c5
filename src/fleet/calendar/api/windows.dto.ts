import {
  ArrayMaxSize,
  ArrayUnique,
  IsArray,
  IsBoolean,
  IsIn,
  IsInt,
  IsNotEmpty,
  IsOptional,
  IsString,
  Max,
  MaxLength,
  Min,
} from 'class-validator';
import { defined } from '../../../common/fields/defined.js';
import { IfGiven } from '../../../common/fields/if-given.js';
import { flagOf, TimeText, WholeNumberText } from '../../../common/fields/text-fields.js';
import { missingFields } from '../../missing-fields.js';
import { PageQuery } from '../../api/page.dto.js';
import { ResourceName } from '../../resource-name.js';
import type { WindowKind, WindowScope } from '../maintenance-window.entity.js';
import type { WindowFields, WindowFilter } from '../windows.service.js';

const KINDS = ['window', 'blackout'] as const satisfies readonly WindowKind[];
const SCOPES = ['all', 'matching', 'named'] as const satisfies readonly WindowScope[];
const MOST_PLACES = 500;
/** A year and a day: a freeze that is not recurring may be long. */
const LONGEST_MIN = 366 * 1440;

/** Absent fields of a change stay as they are; `null` is only taken where a field may be empty. */
export class ChangeWindow {
  @IfGiven()
  @IsString()
  @MaxLength(1000)
  description?: string;

  /** `window`: work may start in it. `blackout`: none may. */
  @IfGiven()
  @IsIn(KINDS)
  kind?: WindowKind;

  /** `all` work, that `matching` the sites or tags, or only batches by which it is `named`. */
  @IfGiven()
  @IsIn(SCOPES)
  scope?: WindowScope;

  @IfGiven()
  @IsArray()
  @ArrayMaxSize(MOST_PLACES)
  @ArrayUnique()
  @IsString({ each: true })
  @IsNotEmpty({ each: true })
  @MaxLength(255, { each: true })
  sites?: string[];

  @IfGiven()
  @IsArray()
  @ArrayMaxSize(MOST_PLACES)
  @ArrayUnique()
  @IsString({ each: true })
  @IsNotEmpty({ each: true })
  @MaxLength(255, { each: true })
  tags?: string[];

  /** An IANA name, such as Europe/Berlin. */
  @IfGiven()
  @IsString()
  @MaxLength(64)
  zone?: string;

  /** The first time by the wall clock of the zone: `2026-11-21T02:00`. */
  @IfGiven()
  @IsString()
  @MaxLength(40)
  starts_at?: string;

  /** By the wall clock: from 01:00, 240 minutes last until the clock shows 05:00 on every day of the year. */
  @IfGiven()
  @IsInt()
  @Min(1)
  @Max(LONGEST_MIN)
  duration_min?: number;

  /** An RFC 5545 RRULE without its name: `FREQ=WEEKLY;BYDAY=SA,SU`. Null: once. */
  @IsOptional()
  @IsString()
  @MaxLength(500)
  recurrence?: string | null;

  @IfGiven()
  @IsBoolean()
  enabled?: boolean;
}

export class CreateWindow extends ChangeWindow {
  @ResourceName()
  name: string;
}

export class WindowsQuery extends PageQuery {
  @IsOptional()
  @IsIn(KINDS)
  kind?: WindowKind;

  @IsOptional()
  @IsIn(SCOPES)
  scope?: WindowScope;

  @IsOptional()
  @IsString()
  @MaxLength(255)
  site?: string;

  @IsOptional()
  @IsString()
  @MaxLength(255)
  tag?: string;

  @IsOptional()
  @IsIn(['true', 'false'])
  enabled?: 'true' | 'false';
}

export class OpeningsQuery {
  /** Now unless stated. */
  @TimeText()
  from?: Date;

  @WholeNumberText(1, 100)
  limit: number = 10;
}

export function toWindowFilter({ kind, scope, site, tag, enabled }: WindowsQuery): WindowFilter {
  return { kind, scope, site, tag, enabled: flagOf(enabled) };
}

export function toNewWindow(body: CreateWindow): WindowFields {
  const { kind, zone, starts_at: startsLocal, duration_min: durationMin } = body;
  if (kind === undefined || zone === undefined || startsLocal === undefined || durationMin === undefined) {
    throw missingFields(body, ['kind', 'zone', 'starts_at', 'duration_min']);
  }
  const hasPlaces = (body.sites ?? []).length + (body.tags ?? []).length > 0;
  return {
    description: '',
    scope: hasPlaces ? 'matching' : 'named',
    sites: [],
    tags: [],
    recurrence: null,
    enabled: true,
    ...toWindowChange(body),
    kind,
    zone,
    startsLocal,
    durationMin,
  };
}

export function toWindowChange(body: ChangeWindow): Partial<WindowFields> {
  const { description, kind, scope, sites, tags, zone, recurrence, enabled } = body;
  return defined({
    description,
    kind,
    scope,
    sites,
    tags,
    zone,
    startsLocal: body.starts_at,
    durationMin: body.duration_min,
    recurrence,
    enabled,
  });
}
