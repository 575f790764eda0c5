import fc from 'fast-check';
import { buildWaves, MOST_WAVES, type WaveTarget, type WaveWish } from './waves.js';

interface Drawn extends WaveTarget {
  readonly name: string;
}

function target(name: string, site: string | null = null, ...tags: string[]): Drawn {
  return { name, site, tags };
}

function named(targets: readonly Drawn[], wish: WaveWish): Record<string, string>[] {
  return buildWaves(targets, wish).map(({ label, targets: members }) => ({
    [label]: members.map(({ name }) => name).join(''),
  }));
}

const TEN = [...'abcdefghij'].map((name) => target(name));

describe('buildWaves', () => {
  it('parts by count, after a canary', () => {
    expect(named(TEN, { canary: null, rest: { by: 'all' } })).toEqual([{ '': 'abcdefghij' }]);
    expect(named(TEN, { canary: { count: 1 }, rest: { by: 'count', count: 4 } })).toEqual([
      { canary: 'a' },
      { '': 'bcde' },
      { '': 'fghi' },
      { '': 'j' },
    ]);
  });

  it('parts by how many percent have been reached; a part of a target is a target', () => {
    expect(named(TEN, { canary: null, rest: { by: 'percent', percents: [10, 50] } })).toEqual([
      { '10 %': 'a' },
      { '50 %': 'bcde' },
      { '100 %': 'fghij' },
    ]);
    expect(named(TEN.slice(0, 3), { canary: null, rest: { by: 'percent', percents: [1, 2, 100] } })).toEqual([
      { '1 %': 'a' },
      { '100 %': 'bc' },
    ]);
    expect(named(TEN, { canary: { percent: 1 }, rest: { by: 'all' } })).toEqual([{ canary: 'a' }, { '': 'bcdefghij' }]);
  });

  it('parts by tag, each target with the first of its tags, those with none last', () => {
    const targets = [
      target('a', null, 'edge'),
      target('b'),
      target('c', null, 'core', 'lab'),
      target('d', null, 'lab'),
      target('e', null, 'edge', 'canary'),
    ];
    const rest = { by: 'tag', tags: ['lab', 'edge', 'core'] } as const;
    expect(named(targets, { canary: null, rest })).toEqual([{ lab: 'cd' }, { edge: 'ae' }, { others: 'b' }]);
    expect(named(targets, { canary: { tag: 'canary' }, rest })).toEqual([
      { canary: 'e' },
      { lab: 'cd' },
      { edge: 'a' },
      { others: 'b' },
    ]);
  });

  it('parts by site: those named first, then by name, targets without one last', () => {
    const targets = [target('a', 'oslo'), target('b'), target('c', 'bern'), target('d', 'oslo'), target('e', 'rome')];
    expect(named(targets, { canary: null, rest: { by: 'site', sites: ['rome', 'nowhere'] } })).toEqual([
      { rome: 'e' },
      { bern: 'c' },
      { oslo: 'ad' },
      { others: 'b' },
    ]);
    expect(named(targets, { canary: { site: 'oslo' }, rest: { by: 'all' } })).toEqual([
      { canary: 'ad' },
      { '': 'bce' },
    ]);
  });

  it('refuses more waves than anybody could follow', () => {
    const many = Array.from({ length: MOST_WAVES + 1 }, (_unused, index) => target(String(index)));
    expect(() => buildWaves(many, { canary: null, rest: { by: 'count', count: 1 } })).toThrow(/at most 1000/);
  });

  it('puts each target into exactly one wave, keeps their order within it, and has no empty wave', () => {
    const names = fc.constantFrom('x', 'y', 'z');
    const anyTargets = fc.array(fc.record({ site: fc.option(names), tags: fc.uniqueArray(names) }), { maxLength: 40 });
    const anyCanary = fc.option(
      fc.oneof(
        fc.record({ count: fc.integer({ min: 1, max: 50 }) }),
        fc.record({ percent: fc.integer({ min: 1, max: 100 }) }),
        fc.record({ tag: names }),
        fc.record({ site: names }),
      ),
    );
    const anyRule = fc.oneof(
      fc.record({ by: fc.constant('all' as const) }),
      fc.record({ by: fc.constant('count' as const), count: fc.integer({ min: 1, max: 50 }) }),
      fc.record({
        by: fc.constant('percent' as const),
        percents: fc.uniqueArray(fc.integer({ min: 1, max: 100 })).map((list) => list.sort((a, b) => a - b)),
      }),
      fc.record({ by: fc.constant('tag' as const), tags: fc.uniqueArray(names) }),
      fc.record({ by: fc.constant('site' as const), sites: fc.uniqueArray(names) }),
    );
    fc.assert(
      fc.property(anyTargets, anyCanary, anyRule, (targets, canary, rest) => {
        const waves = buildWaves(targets, { canary, rest });
        const placed = waves.flatMap((wave) => wave.targets);
        expect(placed).toHaveLength(targets.length);
        expect(new Set(placed)).toEqual(new Set(targets));
        for (const wave of waves) {
          expect(wave.targets.length).toBeGreaterThan(0);
          const places = wave.targets.map((each) => targets.indexOf(each));
          expect(places).toEqual([...places].sort((a, b) => a - b));
        }
      }),
      { numRuns: 3_000 },
    );
  });
});
