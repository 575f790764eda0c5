import { Type } from 'class-transformer';
import {
  ArrayMaxSize,
  IsArray,
  IsBoolean,
  IsIn,
  IsInt,
  IsObject,
  IsOptional,
  IsString,
  Matches,
  Max,
  MaxLength,
  Min,
  ValidateNested,
} from 'class-validator';
import { defined } from '../../../common/fields/defined.js';
import { IfGiven } from '../../../common/fields/if-given.js';
import { WholeNumberText } from '../../../common/fields/text-fields.js';
import { missingFields } from '../../missing-fields.js';
import { PageQuery } from '../../api/page.dto.js';
import { ResourceName } from '../../resource-name.js';
import type { PlanTokenWish } from '../plan-tokens.service.js';
import type { PlanFields } from '../plans.service.js';

const MOST_PARAMETERS = 50;
const YEAR_MIN = 525_600;
const QUARTER_MIN = 90 * 1440;

/** Something that may be said when the plan is started. */
export class PlanParameterFields {
  @IsString()
  @Matches(/^[A-Za-z_][A-Za-z0-9_.-]{0,59}$/)
  name: string;

  /** Where in the plan's request it goes: `/targets/ids`, `/parameters/image_id`. */
  @IsString()
  @MaxLength(500)
  pointer: string;

  @IsOptional()
  @IsBoolean()
  required?: boolean;
}

export class ChangePlan {
  @IfGiven()
  @IsString()
  @MaxLength(1000)
  description?: string;

  /** As `POST /fleet/v1/batches` takes it, without `scheduled_for` and `deadline`. */
  @IfGiven()
  @IsObject()
  request?: Record<string, unknown>;

  @IfGiven()
  @IsArray()
  @ArrayMaxSize(MOST_PARAMETERS)
  @ValidateNested({ each: true })
  @Type(() => PlanParameterFields)
  parameters?: PlanParameterFields[];

  @IfGiven()
  @IsBoolean()
  enabled?: boolean;
}

export class CreatePlan extends ChangePlan {
  @ResourceName()
  name: string;
}

export class PlansQuery extends PageQuery {
  @IsOptional()
  @IsIn(['true', 'false'])
  enabled?: 'true' | 'false';
}

export class StartPlan {
  /** What the plan leaves open, by the names of its parameters. */
  @IsOptional()
  @IsObject()
  parameters?: Record<string, unknown>;
}

export class PreviewQuery {
  /** How many targets of each wave are named. */
  @WholeNumberText(0, 1000)
  targets: number = 100;
}

export class CreatePlanToken {
  @IsOptional()
  @IsString()
  @MaxLength(255)
  description?: string;

  /** Minutes until it runs out; 90 days unless stated. */
  @IsOptional()
  @IsInt()
  @Min(1)
  @Max(YEAR_MIN)
  expires_min?: number;

  /** Addresses and networks it may be used from; none: from everywhere. */
  @IsOptional()
  @IsArray()
  @ArrayMaxSize(50)
  @IsString({ each: true })
  @MaxLength(100, { each: true })
  allowed_ips?: string[];
}

export function toPlanChange({ description, request, parameters, enabled }: ChangePlan): Partial<PlanFields> {
  return defined({
    description,
    request,
    parameters: parameters?.map(({ name, pointer, required }) => ({ name, pointer, required: required ?? false })),
    enabled,
  });
}

export function toNewPlan(body: CreatePlan): PlanFields {
  const { request } = body;
  if (request === undefined) throw missingFields(body, ['request']);
  return { description: '', parameters: [], enabled: true, ...toPlanChange(body), request };
}

export function toTokenWish(body: CreatePlanToken, now: Date): PlanTokenWish {
  return {
    description: body.description ?? '',
    expiresAt: new Date(now.getTime() + (body.expires_min ?? QUARTER_MIN) * 60_000),
    allowedIps: body.allowed_ips ?? [],
  };
}
