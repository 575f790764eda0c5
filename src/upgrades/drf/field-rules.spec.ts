import { parseBody, parseRow } from './body.pipe.js';
import { boolean, choice, integer, ipAddress, jsonObject, listOf, reference, text } from './field-rules.js';
import { Field, type FieldRule } from './fields.js';
import { Invalid } from '../../common/errors.js';

class Sample {
  @Field(text({ max: 5 })) name!: string;
  @Field(integer({ min: 1, max: 9 }), { optional: true, nullable: true }) size?: number | null;
}

function fieldsOf(act: () => unknown): unknown {
  try {
    act();
  } catch (error) {
    if (error instanceof Invalid) return error.details['fields'];
    throw error;
  }
  throw new Error('was accepted');
}

describe('field rules speak the words of Django REST framework', () => {
  const rows: [string, FieldRule<unknown>, unknown, unknown][] = [
    ['trims text', text(), ' a ', { value: 'a' }],
    ['takes a number as text', text(), 5, { value: '5' }],
    ['refuses blank text', text(), '  ', { error: 'This field may not be blank.' }],
    ['refuses NUL', text(), 'a\0', { error: 'Null characters are not allowed.' }],
    ['refuses half a character pair', text(), '\ud800', { error: 'Not a valid string.' }],
    ['refuses a boolean as text', text(), true, { error: 'Not a valid string.' }],
    ['refuses long text', text({ max: 3 }), 'abcd', { error: 'Ensure this field has no more than 3 characters.' }],
    ['takes a numeric string', integer(), '12', { value: 12 }],
    ['refuses a fraction', integer(), 1.5, { error: 'A valid integer is required.' }],
    ['refuses a boolean as number', integer(), true, { error: 'A valid integer is required.' }],
    ['refuses a negative number', integer(), -1, { error: 'Ensure this value is greater than or equal to 0.' }],
    ['refuses 2^63', integer(), 2 ** 63, { error: 'Ensure this value is less than or equal to 2147483647.' }],
    ['takes "no"', boolean, 'no', { value: false }],
    ['refuses "banana"', boolean, 'banana', { error: 'Must be a valid boolean.' }],
    ['names a bad choice', choice(['a']), 'bogus', { error: '"bogus" is not a valid choice.' }],
    ['refuses an object as choice', choice(['a']), {}, { error: '"dict" is not a valid choice.' }],
    ['takes IPv4', ipAddress, '10.0.0.1', { value: '10.0.0.1' }],
    ['shortens IPv6', ipAddress, '2001:DB8:0:0:0:0:0:1', { value: '2001:db8::1' }],
    ['refuses a short IPv4', ipAddress, '10.1', { error: 'Enter a valid IPv4 or IPv6 address.' }],
    ['refuses an octal IPv4', ipAddress, '010.0.0.1', { error: 'Enter a valid IPv4 or IPv6 address.' }],
    ['refuses a name', ipAddress, 'sw1', { error: 'Enter a valid IPv4 or IPv6 address.' }],
    ['says an unknown id', reference, 2 ** 40, { error: `Invalid pk "${2 ** 40}" - object does not exist.` }],
    ['refuses a boolean as id', reference, true, { error: 'Incorrect type. Expected pk value, received bool.' }],
    ['refuses text as list', listOf(text()), 'a', { error: 'Expected a list of items but got type "str".' }],
    ['names the bad item', listOf(text()), ['a', null], { error: 'Item 1: Not a valid string.' }],
    ['refuses a list as object', jsonObject, [], { error: 'Expected a dictionary of items but got type "list".' }],
    ['refuses NUL deep in an object', jsonObject, { a: [{ b: '\0' }] }, { error: 'Value must be valid JSON.' }],
  ];

  it.each(rows)('%s', (_name, rule, value, expected) => {
    expect(rule(value)).toEqual(expected);
  });

  it('refuses an object too deep to store', () => {
    let deep: Record<string, unknown> = {};
    for (let level = 0; level < 50_000; level += 1) deep = { deep };
    expect(jsonObject(deep)).toEqual({ error: 'Value must be valid JSON.' });
  });
});

describe('a body', () => {
  it('reports every field at once, and ignores what is not declared', () => {
    expect(fieldsOf(() => parseBody(Sample, { size: 'x', other: 1 }))).toEqual({
      name: ['This field is required.'],
      size: ['A valid integer is required.'],
    });
  });

  it('leaves a missing field alone when partial, and refuses null where null means nothing', () => {
    expect({ ...parseBody(Sample, { size: null }, { partial: true }) }).toEqual({ size: null });
    expect(fieldsOf(() => parseBody(Sample, { name: null }, { partial: true }))).toEqual({
      name: ['This field may not be null.'],
    });
  });

  it.each([[[]], ['x'], [5], [true]])('that is %j is refused', (body) => {
    expect(Object.keys(fieldsOf(() => parseBody(Sample, body)) as object)).toEqual(['non_field_errors']);
  });

  it('is judged the same as one row of many', () => {
    expect(parseRow(Sample, { name: 'abcdef', size: 10 })).toEqual({
      errors: {
        name: ['Ensure this field has no more than 5 characters.'],
        size: ['Ensure this value is less than or equal to 9.'],
      },
    });
    expect(parseRow(Sample, { name: ' abc ' })).toEqual({ row: { name: 'abc' } });
  });
});
