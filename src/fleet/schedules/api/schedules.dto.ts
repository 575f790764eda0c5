import { IsBoolean, IsIn, IsInt, IsOptional, IsString, Max, MaxLength, Min } from 'class-validator';
import { defined } from '../../../common/fields/defined.js';
import { IfGiven } from '../../../common/fields/if-given.js';
import { WholeNumberText } from '../../../common/fields/text-fields.js';
import { PageQuery } from '../../api/page.dto.js';
import { missingFields } from '../../missing-fields.js';
import { ResourceName } from '../../resource-name.js';
import type { MissedPolicy } from '../schedule.entity.js';
import type { ScheduleFields } from '../schedules.service.js';

const POLICIES = ['skip', 'once', 'all'] as const satisfies readonly MissedPolicy[];

export class ChangeSchedule {
  /** The plan it starts. */
  @IfGiven()
  @ResourceName()
  plan?: string;

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

  /** An RFC 5545 RRULE without its name: `FREQ=DAILY`. Null: once. */
  @IsOptional()
  @IsString()
  @MaxLength(500)
  recurrence?: string | null;

  /** What becomes of times that passed while nothing ran: `skip` them, make them good `once`, or `all` of them. */
  @IfGiven()
  @IsIn(POLICIES)
  missed?: MissedPolicy;

  /** Minutes from its time after which nothing of a run starts any more. Null: none. */
  @IsOptional()
  @IsInt()
  @Min(1)
  @Max(525_600)
  deadline_min?: number | null;

  @IfGiven()
  @IsBoolean()
  enabled?: boolean;
}

export class CreateSchedule extends ChangeSchedule {
  @ResourceName()
  name: string;
}

export class SchedulesQuery extends PageQuery {
  @IsOptional()
  @IsString()
  @MaxLength(100)
  plan?: string;

  @IsOptional()
  @IsIn(['true', 'false'])
  enabled?: 'true' | 'false';
}

export class TimesQuery {
  @WholeNumberText(1, 100)
  limit: number = 10;
}

export function toScheduleChange(body: ChangeSchedule): Partial<ScheduleFields> {
  const { plan, zone, starts_at: startsLocal, recurrence, missed, deadline_min: deadlineMin, enabled } = body;
  return defined({ plan, zone, startsLocal, recurrence, missed, deadlineMin, enabled });
}

export function toNewSchedule(body: CreateSchedule): ScheduleFields {
  const { plan, zone, starts_at: startsLocal } = body;
  if (plan === undefined || zone === undefined || startsLocal === undefined) {
    throw missingFields(body, ['plan', 'zone', 'starts_at']);
  }
  const defaults = { recurrence: null, missed: 'skip' as const, deadlineMin: null, enabled: true };
  return { ...defaults, ...toScheduleChange(body), plan, zone, startsLocal };
}
