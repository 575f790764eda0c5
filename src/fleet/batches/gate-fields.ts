import { Type } from 'class-transformer';
import {
  ArrayMaxSize,
  IsArray,
  IsIn,
  IsInt,
  IsNumber,
  IsObject,
  IsString,
  Matches,
  Max,
  MaxLength,
  Min,
  ValidateNested,
} from 'class-validator';
import { IfGiven } from '../../common/fields/if-given.js';
import type { GateAction, GateSpec } from '../../orchestration/gate.js';

/** What somebody outside must say about a wave: `POST /fleet/v1/batches/{id}/waves/{wave}/checks`. */
export class GateCheckFields {
  @IsString()
  @MaxLength(100)
  @Matches(/^\S(.*\S)?$/s)
  name: string;

  /** A result older than this many seconds says nothing. */
  @IfGiven()
  @IsInt()
  @Min(1)
  @Max(604_800)
  max_age_s?: number;
}

const ACTIONS = ['halt', 'pause', 'roll_back'] as const satisfies readonly GateAction[];

/** What must hold after a wave. Without a limit no target may end other than well. */
export class GateFields {
  /** Targets that may fail, be cancelled or vanish. */
  @IfGiven()
  @IsInt()
  @Min(0)
  @Max(100_000)
  max_failures?: number;

  /** The same in percent of the wave; given both, the fewer count. */
  @IfGiven()
  @IsNumber()
  @Min(0)
  @Max(100)
  max_failure_percent?: number;

  /** Of these, targets of which nobody knows what became of them. */
  @IfGiven()
  @IsInt()
  @Min(0)
  @Max(100_000)
  max_unknown?: number;

  @IfGiven()
  @IsArray()
  @ArrayMaxSize(20)
  @IsObject({ each: true })
  @ValidateNested({ each: true })
  @Type(() => GateCheckFields)
  checks?: GateCheckFields[];

  /** Seconds after the wave's last target ended. */
  @IfGiven()
  @IsInt()
  @Min(0)
  @Max(2_592_000)
  soak_s?: number;

  /** What happens when it does not hold. */
  @IfGiven()
  @IsIn(ACTIONS)
  on_breach?: GateAction;
}

export function toGateSpec(fields: GateFields): GateSpec {
  return {
    maxFailures: fields.max_failures ?? null,
    maxFailurePercent: fields.max_failure_percent ?? null,
    maxUnknown: fields.max_unknown ?? 0,
    checks: (fields.checks ?? []).map(({ name, max_age_s }) => ({ name, maxAgeS: max_age_s ?? null })),
    soakS: fields.soak_s ?? 0,
    onBreach: fields.on_breach ?? 'halt',
  };
}
