import { type HookMapping, isPointer, mapCall, valueAt } from './hook-mapping.js';

const PUSH = {
  ref: 'refs/tags/v1.2',
  forced: false,
  size: 3,
  repository: { name: 'site', 'a/b': 1, 'm~n': 2 },
  commits: [{ id: 'c1' }, { id: 'c2' }],
  nothing: null,
};

describe('a place in a payload', () => {
  it.each([
    ['', PUSH],
    ['/ref', 'refs/tags/v1.2'],
    ['/repository/a~1b', 1],
    ['/repository/m~0n', 2],
    ['/commits/1/id', 'c2'],
    ['/nothing', null],
    ['/missing', undefined],
    ['/ref/length', undefined],
    ['/commits/length', undefined],
    ['/commits/2', undefined],
    ['/constructor', undefined],
    ['/__proto__/x', undefined],
    ['/nothing/x', undefined],
  ])('%j is looked up as RFC 6901 says', (pointer, expected) => expect(valueAt(PUSH, pointer)).toEqual(expected));

  it('is written as RFC 6901 says', () => {
    expect(['', '/', '/a/b', '/a~0~1', '/ü'].map(isPointer)).toEqual([true, true, true, true, true]);
    expect(['a', '/~', '/~2', ' /a'].map(isPointer)).toEqual([false, false, false, false]);
  });
});

describe('a mapping', () => {
  const mapping = (more: Partial<HookMapping>): HookMapping => ({ events: [], when: [], parameters: {}, ...more });
  const when = (...conditions: HookMapping['when'][number][]) =>
    mapCall(mapping({ when: conditions }), 'push', PUSH).outcome;

  it('starts the plan for its events only', () => {
    expect(mapCall(mapping({ events: ['push'] }), 'push', PUSH).outcome).toBe('start');
    expect(mapCall(mapping({ events: ['push'] }), 'issues', PUSH).outcome).toBe('ignore');
    expect(mapCall(mapping({ events: ['push'] }), null, PUSH).outcome).toBe('ignore');
    expect(mapCall(mapping({}), null, PUSH).outcome).toBe('start');
  });

  it('starts it where all conditions hold', () => {
    expect(when({ pointer: '/ref', equals: 'refs/tags/v1.2' }, { pointer: '/forced', equals: false })).toBe('start');
    expect(when({ pointer: '/ref', equals: 'refs/tags/v1.2' }, { pointer: '/forced', equals: true })).toBe('ignore');
    expect(when({ pointer: '/ref', startsWith: 'refs/tags/' })).toBe('start');
    expect(when({ pointer: '/size', startsWith: '3' })).toBe('ignore');
    expect(when({ pointer: '/size', oneOf: [1, 3] })).toBe('start');
    expect(when({ pointer: '/size', oneOf: ['3'] })).toBe('ignore');
    expect(when({ pointer: '/nothing', equals: null })).toBe('start');
    expect(when({ pointer: '/missing', equals: null })).toBe('ignore');
  });

  it('takes parameters from the payload', () => {
    const parameters = {
      fixed: { value: ['a', 1] },
      tag: { pointer: '/ref', stripPrefix: 'refs/tags/' },
      whole: { pointer: '/ref', stripPrefix: 'refs/heads/' },
      list: { pointer: '/commits' },
      text: { template: 'release-{/repository/name}-{/size}-{not this}' },
      absent: { pointer: '/missing', fallback: 'main' },
      empty: { template: '{/missing}', fallback: null },
    };
    expect(mapCall(mapping({ parameters }), null, PUSH)).toEqual({
      outcome: 'start',
      parameters: {
        fixed: ['a', 1],
        tag: 'v1.2',
        whole: 'refs/tags/v1.2',
        list: PUSH.commits,
        text: 'release-site-3-{not this}',
        absent: 'main',
        empty: null,
      },
    });
  });

  it('is refused, and not guessed, where the payload has nothing for a parameter', () => {
    for (const wanted of [{ pointer: '/missing' }, { template: 'x{/missing}' }, { template: '{/commits}' }]) {
      expect(mapCall(mapping({ parameters: { image: wanted } }), null, PUSH)).toMatchObject({
        outcome: 'refuse',
        reason: expect.stringContaining('image') as string,
      });
    }
  });
});
