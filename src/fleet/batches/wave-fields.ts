import { Type } from 'class-transformer';
import {
  ArrayMaxSize,
  ArrayMinSize,
  IsArray,
  IsIn,
  IsInt,
  IsNumber,
  IsObject,
  IsString,
  Max,
  MaxLength,
  Min,
  ValidateNested,
} from 'class-validator';
import { IfGiven } from '../../common/fields/if-given.js';
import type { Canary, WaveRule, WaveWish } from '../../orchestration/waves.js';
import { type FieldProblem, invalidFields } from '../../common/fields/read-fields.js';
import { GateFields } from './gate-fields.js';

/**
 * Who goes first, in a wave of their own: exactly one of these. Here as in all a batch is made of null is refused: a
 * pipeline whose variable was empty must not lose its canary or its gate.
 */
export class CanaryFields {
  @IfGiven()
  @IsInt()
  @Min(1)
  @Max(100_000)
  count?: number;

  @IfGiven()
  @IsNumber()
  @Min(0.001)
  @Max(100)
  percent?: number;

  @IfGiven()
  @IsString()
  @MaxLength(255)
  tag?: string;

  @IfGiven()
  @IsString()
  @MaxLength(255)
  site?: string;
}

/** How the targets are parted. `by` says by what; the field of that name goes with it. */
export class WaveFields {
  @IfGiven()
  @IsObject()
  @ValidateNested()
  @Type(() => CanaryFields)
  canary?: CanaryFields;

  /** For the canary alone; the batch's `gate` where it is not given. */
  @IfGiven()
  @IsObject()
  @ValidateNested()
  @Type(() => GateFields)
  canary_gate?: GateFields;

  @IfGiven()
  @IsIn(['all', 'count', 'percent', 'tag', 'site'])
  by?: 'all' | 'count' | 'percent' | 'tag' | 'site';

  /** So many targets in each wave. */
  @IfGiven()
  @IsInt()
  @Min(1)
  @Max(100_000)
  count?: number;

  /** How far all have come after each wave, rising: `[10, 50]` makes three. */
  @IfGiven()
  @IsArray()
  @ArrayMinSize(1)
  @ArrayMaxSize(100)
  @IsNumber({}, { each: true })
  @Min(0.001, { each: true })
  @Max(100, { each: true })
  percents?: number[];

  /** A wave for each, in this order; targets without any of them go last. */
  @IfGiven()
  @IsArray()
  @ArrayMinSize(1)
  @ArrayMaxSize(500)
  @IsString({ each: true })
  @MaxLength(255, { each: true })
  tags?: string[];

  /** These first, in this order; the other sites by name. */
  @IfGiven()
  @IsArray()
  @ArrayMaxSize(500)
  @IsString({ each: true })
  @MaxLength(255, { each: true })
  sites?: string[];
}

/** Throws `Invalid` where the fields do not go together. */
export function toWaveWish(fields: WaveFields | undefined): WaveWish {
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
    const given = fields[name as keyof typeof BELONGS_TO] !== undefined;
    if (given && owner !== by) add(`/${name}`, `goes with "by": "${owner}" only`);
    if (!given && NEEDED[by] === name) add('', `needs ${name}, since it is by ${by}`);
  }
  const { canary } = fields;
  const percents = fields.percents ?? [];
  if (percents.some((percent, index) => index > 0 && percent <= percents[index - 1]!)) {
    add('/percents', 'must rise from wave to wave');
  }
  if (canary && Object.values(canary).filter((value) => value !== undefined).length !== 1) {
    add('/canary', 'must have exactly one of count, percent, tag and site');
  }
  if (fields.canary_gate && !canary) add('/canary_gate', 'needs a canary');
  return problems;
}

function toCanary({ count, percent, tag, site }: CanaryFields): Canary {
  if (count !== undefined) return { count };
  if (percent !== undefined) return { percent };
  return tag !== undefined ? { tag } : { site: site! };
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
