import { parseParameters } from './parameters.js';
import { UsageError } from './session.js';

describe('parameters', () => {
  it('are text, or JSON where it is said', () => {
    expect(
      parseParameters([
        'site=lab',
        'devices:=["sw1", "sw2"]',
        'limit:=5',
        'note=a=b:=c',
        'empty=',
        'lines=a\nb',
        'x.y-z=1',
      ]),
    ).toEqual({
      site: 'lab',
      devices: ['sw1', 'sw2'],
      limit: 5,
      note: 'a=b:=c',
      empty: '',
      lines: 'a\nb',
      'x.y-z': '1',
    });
    expect(parseParameters([])).toEqual({});
  });

  it.each([
    ['no value', ['site'], /write name=value/],
    ['no name', ['=lab'], /write name=value/],
    ['a name that is none', ['1st=lab'], /write name=value/],
    ['one twice', ['site=lab', 'site:="hq"'], /given twice/],
    ['JSON that is none', ['limit:=five'], /is not JSON/],
  ])('with %s are refused', (_what, items, message) => {
    expect(() => parseParameters(items)).toThrow(UsageError);
    expect(() => parseParameters(items)).toThrow(message);
  });

  it('cannot reach what every object has', () => {
    const parsed = parseParameters(['__proto__:={"admin": true}']);
    expect(Object.keys(parsed)).toEqual(['__proto__']);
    expect(({} as Record<string, unknown>)['admin']).toBeUndefined();
  });
});
