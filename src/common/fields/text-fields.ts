import { applyDecorators } from '@nestjs/common';
import { Transform } from 'class-transformer';
import { ArrayMaxSize, IsDate, IsIn, IsInt, IsOptional, IsString, Max, MaxLength, Min } from 'class-validator';
import { IfGiven } from './if-given.js';

/** Fields of a query string: text that means a number, a time, a list. What is not one is left as it is and refused. */
export function WholeNumberText(least: number, most: number): PropertyDecorator {
  return applyDecorators(
    Transform(({ value }: { value: unknown }) =>
      typeof value === 'string' && /^-?\d{1,15}$/.test(value) ? Number(value) : value,
    ),
    IsOptional(),
    IsInt(),
    Min(least),
    Max(most),
  );
}

const ISO_TIME = /^\d{4}-\d\d-\d\dT\d\d:\d\d(:\d\d(\.\d{1,9})?)?(Z|[+-]\d\d:\d\d)$/;

/** An ISO 8601 time with its zone, as a Date. For bodies as well, where null is none: it must not take a deadline away. */
export function TimeText(): PropertyDecorator {
  return applyDecorators(
    Transform(({ value }: { value: unknown }) =>
      typeof value === 'string' && ISO_TIME.test(value) && isDay(value.slice(0, 10)) ? new Date(value) : value,
    ),
    IfGiven(),
    IsDate({ message: '$property must be a time such as 2026-05-04T03:02:01Z' }),
  );
}

/** `Date` takes the 31st of February for the 3rd of March. */
function isDay(day: string): boolean {
  const time = new Date(`${day}T00:00:00Z`);
  return !Number.isNaN(time.getTime()) && time.toISOString().startsWith(day);
}

/** Words separated by commas, or the parameter several times; only those of `allowed` where it is given. */
export function WordListText(allowed?: readonly string[]): PropertyDecorator {
  return applyDecorators(
    Transform(({ value }: { value: unknown }) => wordsOf(value)),
    IsOptional(),
    ArrayMaxSize(100),
    allowed === undefined ? IsString({ each: true }) : IsIn([...allowed], { each: true }),
    MaxLength(255, { each: true }),
  );
}

function wordsOf(value: unknown): unknown {
  if (value === undefined || value === null) return value;
  return [value].flat().flatMap((part) => (typeof part === 'string' ? part.split(',') : [part as unknown]));
}

/** What `true` and `false` mean. Such a field is declared as these words, so that the OpenAPI document shows what is sent. */
export function flagOf(text: 'true' | 'false' | undefined): boolean | undefined {
  return text === undefined ? undefined : text === 'true';
}
