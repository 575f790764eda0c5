import { Type } from 'class-transformer';
import {
  ArrayMaxSize,
  ArrayMinSize,
  IsArray,
  IsBoolean,
  IsIn,
  IsInt,
  IsNotEmpty,
  IsObject,
  IsString,
  Matches,
  Max,
  MaxLength,
  Min,
  ValidateNested,
} from 'class-validator';
import { IfGiven } from '../../common/fields/if-given.js';
import { GateFields } from './gate-fields.js';
import { TimeText } from '../../common/fields/text-fields.js';
import { readFields } from '../../common/fields/read-fields.js';
import { WaveFields } from './wave-fields.js';

/** As many as one request may name; one of 100,000 devices by number is under a megabyte. */
export const MOST_TARGETS = 100_000;

/**
 * Which of a kind's targets: all that fit. Null is no way to say "all of them": a pipeline whose variable was empty
 * must not reach the whole fleet.
 */
export class TargetFilterFields {
  @IfGiven()
  @IsString()
  @MaxLength(255)
  site?: string;

  @IfGiven()
  @IsString()
  @MaxLength(255)
  tag?: string;

  @IfGiven()
  @IsString()
  @MaxLength(255)
  state?: string;

  /** Part of the name. */
  @IfGiven()
  @IsString()
  @MaxLength(255)
  text?: string;
}

/** Targets of one kind: named by `ids`, or all that a `filter` finds when the batch is made. */
export class TargetFields {
  @IsString()
  @Matches(/^[a-z][\w.-]{0,60}$/)
  kind: string;

  @IfGiven()
  @IsArray()
  @ArrayMinSize(1)
  @ArrayMaxSize(MOST_TARGETS)
  @IsString({ each: true })
  @MaxLength(255, { each: true })
  ids?: string[];

  @IfGiven()
  @IsObject()
  @ValidateNested()
  @Type(() => TargetFilterFields)
  filter?: TargetFilterFields;
}

/** Maintenance windows and blackouts, by name, besides those that count for everything or for the targets' sites and tags. */
export class CalendarFields {
  @IfGiven()
  @IsArray()
  @ArrayMaxSize(50)
  @IsString({ each: true })
  @MaxLength(100, { each: true })
  windows?: string[];

  /** Without any window that counts for it, nothing starts. */
  @IfGiven()
  @IsBoolean()
  require_window?: boolean;

  /** How long one target takes, in minutes: what the forecast of a preview counts with. */
  @IfGiven()
  @IsInt()
  @Min(1)
  @Max(10_080)
  target_minutes?: number;
}

/** How many others must say yes before anything starts. */
export class ApprovalFields {
  @IsInt()
  @Min(1)
  @Max(20)
  needed: number;

  /** Minutes from the batch's making after which a yes counts for nothing. */
  @IfGiven()
  @IsInt()
  @Min(1)
  @Max(525_600)
  expires_min?: number;
}

const MOST_MINUTES = 525_600;

/** What `POST /fleet/v1/batches` takes, and what a plan keeps under a name: what to do to which targets, and how. */
export class BatchRequest {
  /** What people call it. */
  @IfGiven()
  @IsString()
  @IsNotEmpty()
  @MaxLength(200)
  name?: string;

  @IsObject()
  @ValidateNested()
  @Type(() => TargetFields)
  targets: TargetFields;

  /** One of the actions of the targets' kind: `GET /fleet/v1/targets`. */
  @IsString()
  @Matches(/^[a-z][\w-]{0,60}$/)
  action: string;

  /** In the action's own words. */
  @IfGiven()
  @IsObject()
  parameters?: Record<string, unknown>;

  /** `sequential`: one target at a time. */
  @IfGiven()
  @IsIn(['parallel', 'sequential'])
  mode?: 'parallel' | 'sequential';

  /** Targets in progress at the same time. */
  @IfGiven()
  @IsInt()
  @Min(1)
  @Max(MOST_TARGETS)
  max_parallel?: number;

  /** `stop`: the first failure ends what has not started. */
  @IfGiven()
  @IsIn(['continue', 'stop'])
  on_failure?: 'continue' | 'stop';

  /** Targets that cannot take part: `fail` refuses the batch, `skip` leaves them out. */
  @IfGiven()
  @IsIn(['fail', 'skip'])
  on_refused?: 'fail' | 'skip';

  @IfGiven()
  @IsObject()
  @ValidateNested()
  @Type(() => WaveFields)
  waves?: WaveFields;

  /** What must hold after each wave before the batch goes on. */
  @IfGiven()
  @IsObject()
  @ValidateNested()
  @Type(() => GateFields)
  gate?: GateFields;

  /** When to start; now where it is not given or is over. */
  @TimeText()
  scheduled_for?: Date;

  /** Nothing starts after this. */
  @TimeText()
  deadline?: Date;

  /** The same, in minutes from the start. */
  @IfGiven()
  @IsInt()
  @Min(1)
  @Max(MOST_MINUTES)
  deadline_min?: number;

  @IfGiven()
  @IsObject()
  @ValidateNested()
  @Type(() => CalendarFields)
  calendar?: CalendarFields;

  @IfGiven()
  @IsObject()
  @ValidateNested()
  @Type(() => ApprovalFields)
  approval?: ApprovalFields;
}

/** For requests that were stored: a plan's, a hook's. Throws what a request to the API would be answered. */
export function readBatchRequest(json: unknown): BatchRequest {
  return readFields(BatchRequest, json);
}
