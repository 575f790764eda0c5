import 'reflect-metadata';
import { Type } from 'class-transformer';
import { IsInt, IsObject, IsOptional, IsString, Matches, MaxLength, ValidateNested } from 'class-validator';
import fc from 'fast-check';
import { Invalid } from '../errors.js';
import { type FieldProblem, readFields } from './read-fields.js';

class Inner {
  @IsInt()
  count: number;
}

class Outer {
  @IsString()
  @MaxLength(5)
  @Matches(/^[a-z]+$/)
  name: string;

  @IsOptional()
  @IsObject()
  @ValidateNested()
  @Type(() => Inner)
  inner?: Inner;

  @IsOptional()
  @IsObject()
  free?: Record<string, unknown>;
}

function problemsOf(value: unknown): readonly FieldProblem[] {
  try {
    readFields(Outer, value);
    return [];
  } catch (error) {
    if (!(error instanceof Invalid)) throw error;
    return error.details['errors'] as FieldProblem[];
  }
}
const pointersOf = (value: unknown) => problemsOf(value).map(({ pointer }) => pointer ?? '');

describe('reading fields', () => {
  it('gives an instance of what is declared', () => {
    const read = readFields(Outer, { name: 'x', inner: { count: 1 }, free: { any: ['thing'] } });
    expect(read).toBeInstanceOf(Outer);
    expect(read.inner).toBeInstanceOf(Inner);
    expect(read.free).toEqual({ any: ['thing'] });
  });

  it.each<[unknown, string[]]>([
    [{ name: 'x', colour: 1 }, ['/colour']],
    [{ name: 'x', inner: { count: 1, colour: 1 } }, ['/inner/colour']],
    [{ name: 'x', inner: { count: '1' } }, ['/inner/count']],
    [{ name: 'x', inner: [] }, ['/inner']],
    [{ name: 'x', 'a/b~c': 1 }, ['/a~1b~0c']],
    [{ name: 'a\u0000' }, ['/name']],
    [{ name: 'x', free: { deep: { text: '\udfff' } } }, ['/free/deep/text']],
    [{ name: 'x', free: { big: Infinity } }, ['/free/big']],
    [[], ['']],
    [null, ['']],
    ['text', ['']],
  ])('of %j says where it is wrong', (value, pointers) => {
    expect(pointersOf(value)).toEqual(expect.arrayContaining(pointers));
    expect(pointersOf(value)).not.toEqual([]);
  });

  it.each<[unknown, string]>([
    [{}, 'is required'],
    [{ name: null }, 'name must be a string'],
    [{ name: 9 }, 'name must be a string'],
    [{ name: '9' }, 'name must match /^[a-z]+$/ regular expression'],
  ])('says one thing of each field, the first that matters: %j', (value, detail) => {
    expect(problemsOf(value)).toEqual([{ pointer: '/name', detail }]);
  });

  it('refuses what is nested too deeply instead of overflowing', () => {
    let value: unknown = 1;
    for (let depth = 0; depth < 100_000; depth += 1) value = [value];
    expect(pointersOf({ name: 'x', free: { value } })).toHaveLength(1);
  });

  it('throws nothing but a refusal, whatever it is given', () => {
    const name = fc.oneof(
      fc.constantFrom('name', 'inner', 'free', 'then', 'toString', 'hasOwnProperty', 'constructor', 'length'),
      fc.string(),
    );
    fc.assert(
      fc.property(fc.dictionary(name, fc.jsonValue()), (value) => {
        expect(Array.isArray(pointersOf(value))).toBe(true);
      }),
      { numRuns: 2_000 },
    );
  });
});
