import { Type } from 'class-transformer';
import {
  ArrayMaxSize,
  ArrayMinSize,
  IsArray,
  IsIn,
  IsInt,
  IsNumber,
  IsObject,
  IsOptional,
  IsString,
  Max,
  MaxLength,
  Min,
  ValidateNested,
} from 'class-validator';
import type { Canary, WaveRule, WaveWish } from '../../orchestration/waves.js';
import { type FieldProblem, invalidFields } from '../../common/fields/read-fields.js';
import { GateFields } from './gate-fields.js';

/** Who goes first, in a wave of their own: exactly one of these. */
export class CanaryFields {
  @IsOptional()
  @IsInt()
  @Min(1)
  @Max(100_000)
  count?: number;

  @IsOptional()
  @IsNumber()
  @Min(0.001)
  @Max(100)
  percent?: number;

  @IsOptional()
  @IsString()
  @MaxLength(255)
  tag?: string;

  @IsOptional()
  @IsString()
  @MaxLength(255)
  site?: string;
}

/** How the targets are parted. `by` says by what; the field of that name goes with it. */
export class WaveFields {
  @IsOptional()
  @IsObject()
  @ValidateNested()
  @Type(() => CanaryFields)
  canary?: CanaryFields;

  /** For the canary alone; the batch's `gate` where it is not given. */
  @IsOptional()
  @IsObject()
  @ValidateNested()
  @Type(() => GateFields)
  canary_gate?: GateFields;

  @IsOptional()
  @IsIn(['all', 'count', 'percent', 'tag', 'site'])
  by?: 'all' | 'count' | 'percent' | 'tag' | 'site';

  /** So many targets in each wave. */
  @IsOptional()
  @IsInt()
  @Min(1)
  @Max(100_000)
  count?: number;

  /** How far all have come after each wave, rising: `[10, 50]` makes three. */
  @IsOptional()
  @IsArray()
  @ArrayMinSize(1)
  @ArrayMaxSize(100)
  @IsNumber({}, { each: true })
  @Min(0.001, { each: true })
  @Max(100, { each: true })
  percents?: number[];

  /** A wave for each, in this order; targets without any of them go last. */
  @IsOptional()
  @IsArray()
  @ArrayMinSize(1)
  @ArrayMaxSize(500)
  @IsString({ each: true })
  @MaxLength(255, { each: true })
  tags?: string[];

  /** These first, in this order; the other sites by name. */
  @IsOptional()
  @IsArray()
  @ArrayMaxSize(500)
  @IsString({ each: true })
  @MaxLength(255, { each: true })
  sites?: string[];
}

/** Throws `Invalid` where the fields do not go together. */
export function toWaveWish(fields: WaveFields | null | undefined): WaveWish {
  if (!fields) return { canary: null, rest: { by: 'all' } };
  const problems = problemsOf(fields);
  if (problems.length > 0) throw invalidFields(problems);
  return { canary: fields.canary ? toCanary(fields.canary) : null, rest: toRule(fields) };
}

const BELONGS_TO = { count: 'count', percents: 'percent', tags: 'tag', sites: 'site' } as const;
const NEEDED = { all: null, count: 'count', percent: 'percents', tag: 'tags', site: null } as const;

function problemsOf(fields: WaveFields): FieldProblem[] {
  const by = fields.by ?? 'all';
  const problems: FieldProblem[] = [];
  const add = (pointer: string, detail: string) => problems.push({ pointer: `/waves${pointer}`, detail });
  for (const [name, owner] of Object.entries(BELONGS_TO)) {
    const given = isGiven(fields[name as keyof typeof BELONGS_TO]);
    if (given && owner !== by) add(`/${name}`, `goes with "by": "${owner}" only`);
    if (!given && NEEDED[by] === name) add('', `needs ${name}, since it is by ${by}`);
  }
  const { canary } = fields;
  const percents = fields.percents ?? [];
  if (percents.some((percent, index) => index > 0 && percent <= percents[index - 1]!)) {
    add('/percents', 'must rise from wave to wave');
  }
  if (canary && Object.values(canary).filter(isGiven).length !== 1) {
    add('/canary', 'must have exactly one of count, percent, tag and site');
  }
  if (fields.canary_gate && !canary) add('/canary_gate', 'needs a canary');
  return problems;
}

/** A field that is null is one that was left out: JSON has no other word for nothing. */
function isGiven<T>(value: T | null | undefined): value is T {
  return value !== undefined && value !== null;
}

function toCanary({ count, percent, tag, site }: CanaryFields): Canary {
  if (isGiven(count)) return { count };
  if (isGiven(percent)) return { percent };
  return isGiven(tag) ? { tag } : { site: site! };
}

function toRule(fields: WaveFields): WaveRule {
  switch (fields.by ?? 'all') {
    case 'all':
      return { by: 'all' };
    case 'count':
      return { by: 'count', count: fields.count! };
    case 'percent':
      return { by: 'percent', percents: fields.percents! };
    case 'tag':
      return { by: 'tag', tags: fields.tags! };
    case 'site':
      return { by: 'site', sites: fields.sites ?? [] };
  }
}
