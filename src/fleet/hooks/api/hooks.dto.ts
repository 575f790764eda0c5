import { Type } from 'class-transformer';
import {
  ArrayMaxSize,
  ArrayMinSize,
  IsArray,
  IsBoolean,
  IsIn,
  IsObject,
  IsString,
  Length,
  MaxLength,
  Validate,
  ValidateIf,
  ValidateNested,
  ValidatorConstraint,
  type ValidatorConstraintInterface,
} from 'class-validator';
import { defined } from '../../../common/fields/defined.js';
import { IfGiven } from '../../../common/fields/if-given.js';
import { invalidFields, readFields } from '../../../common/fields/read-fields.js';
import { ResourceName } from '../../resource-name.js';
import { type HookCondition, type HookMapping, type HookValue, isPointer } from '../hook-mapping.js';
import { HOOK_KINDS, type HookKind } from '../hook.entity.js';
import type { HookWish } from '../hooks.service.js';

const MOST_PARAMETERS = 50;

@ValidatorConstraint({ name: 'jsonPointer' })
class JsonPointer implements ValidatorConstraintInterface {
  validate(value: unknown): boolean {
    return typeof value === 'string' && isPointer(value);
  }
  defaultMessage(): string {
    return '$property must be a JSON Pointer, as /ref or /repository/name';
  }
}

/** One of `equals`, `one_of` and `starts_with` says what has to be there. */
export class HookConditionFields {
  @IsString()
  @MaxLength(500)
  @Validate(JsonPointer)
  pointer: string;

  @IfGiven()
  @IsIn([true, false, null], { message: 'equals must be text, a number, true, false or null' })
  @ValidateIf((_fields, value) => typeof value !== 'string' && typeof value !== 'number' && value !== undefined)
  equals?: string | number | boolean | null;

  @IfGiven()
  @IsArray()
  @ArrayMinSize(1)
  @ArrayMaxSize(100)
  @IsString({ each: true })
  @MaxLength(500, { each: true })
  one_of?: string[];

  @IfGiven()
  @IsString()
  @Length(1, 500)
  starts_with?: string;
}

/** One of `value`, `pointer` and `template` says where a parameter comes from. */
export class HookValueFields {
  /** Any JSON. */
  @ValidateIf(() => false)
  @IsString()
  value?: unknown;

  @IfGiven()
  @IsString()
  @MaxLength(500)
  @Validate(JsonPointer)
  pointer?: string;

  /** Taken off what `pointer` found: `refs/tags/`. */
  @IfGiven()
  @IsString()
  @MaxLength(500)
  strip_prefix?: string;

  /** Text with pointers in braces: `release-{/ref_name}`. */
  @IfGiven()
  @IsString()
  @MaxLength(1000)
  template?: string;

  /** Any JSON, where nothing is found. */
  @ValidateIf(() => false)
  @IsString()
  fallback?: unknown;
}

export class HookMappingFields {
  /** Names of events as the caller's header has them; none: any. */
  @IfGiven()
  @IsArray()
  @ArrayMaxSize(50)
  @IsString({ each: true })
  @Length(1, 100, { each: true })
  events?: string[];

  /** All have to hold, or the call is ignored. */
  @IfGiven()
  @IsArray()
  @ArrayMaxSize(50)
  @ValidateNested({ each: true })
  @Type(() => HookConditionFields)
  when?: HookConditionFields[];

  /** What the plan's parameters are, by name. */
  @IfGiven()
  @IsObject()
  parameters?: Record<string, unknown>;
}

export class ChangeHook {
  @IfGiven()
  @ResourceName()
  name?: string;

  /** Only ever taken, never shown. */
  @IfGiven()
  @IsString()
  @Length(16, 512)
  secret?: string;

  /** The plan that is started. */
  @IfGiven()
  @ResourceName()
  plan?: string;

  @IfGiven()
  @IsObject()
  @ValidateNested()
  @Type(() => HookMappingFields)
  mapping?: HookMappingFields;

  @IfGiven()
  @IsBoolean()
  enabled?: boolean;
}

export class CreateHook {
  @ResourceName()
  name: string;

  /** Whose way of signing: it cannot be changed. */
  @IsIn(HOOK_KINDS)
  kind: HookKind;

  /** Only ever taken, never shown. */
  @IsString()
  @Length(16, 512)
  secret: string;

  /** The plan that is started. */
  @ResourceName()
  plan: string;

  @IfGiven()
  @IsObject()
  @ValidateNested()
  @Type(() => HookMappingFields)
  mapping?: HookMappingFields;

  @IfGiven()
  @IsBoolean()
  enabled?: boolean;
}

export function toNewHook({ name, kind, secret, plan, mapping, enabled }: CreateHook): HookWish {
  return { name, kind, secret, planName: plan, mapping: toMapping(mapping ?? {}), enabled: enabled ?? true };
}

export function toHookChange({ name, secret, plan, mapping, enabled }: ChangeHook): Partial<HookWish> {
  return defined({ name, secret, planName: plan, mapping: mapping && toMapping(mapping), enabled });
}

function toMapping({ events = [], when = [], parameters = {} }: HookMappingFields): HookMapping {
  const entries = Object.entries(parameters);
  if (entries.length > MOST_PARAMETERS) {
    throw invalidFields([{ pointer: '/mapping/parameters', detail: `has more than ${MOST_PARAMETERS} parameters` }]);
  }
  return {
    events,
    when: when.map(toCondition),
    parameters: Object.fromEntries(entries.map(([name, value]) => [name, toValue(name, value)])),
  };
}

function toCondition(fields: HookConditionFields, index: number): HookCondition {
  const { pointer, equals, one_of, starts_with } = fields;
  const said = [equals, one_of, starts_with].filter((each) => each !== undefined);
  if (said.length !== 1) {
    throw invalidFields([{ pointer: `/mapping/when/${index}`, detail: 'needs one of equals, one_of and starts_with' }]);
  }
  if (one_of !== undefined) return { pointer, oneOf: one_of };
  return starts_with === undefined ? { pointer, equals } : { pointer, startsWith: starts_with };
}

function toValue(name: string, given: unknown): HookValue {
  const place = `/mapping/parameters/${name.replaceAll('~', '~0').replaceAll('/', '~1')}`;
  if (typeof given !== 'object' || given === null || Array.isArray(given)) {
    throw invalidFields([{ pointer: place, detail: 'must be an object with value, pointer or template' }]);
  }
  const fields = readFields(HookValueFields, given);
  const said = [fields.value, fields.pointer, fields.template].filter((each) => each !== undefined);
  if (said.length !== 1) throw invalidFields([{ pointer: place, detail: 'needs one of value, pointer and template' }]);
  const { value, pointer, strip_prefix: stripPrefix, template, fallback } = fields;
  if (stripPrefix !== undefined && pointer === undefined) {
    throw invalidFields([{ pointer: `${place}/strip_prefix`, detail: 'goes with pointer only' }]);
  }
  return defined({ value, pointer, stripPrefix, template, fallback });
}
