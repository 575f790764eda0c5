import fc from 'fast-check';
import { allocate, needOf, roomOf, type Allotment, type LabelNeed } from './allocation.js';

const PROVIDERS = ['a', 'b', 'c', 'd'];

const worlds = fc.record({
  needs: fc
    .array(
      fc.record({
        need: fc.integer({ min: 0, max: 12 }),
        providers: fc.uniqueArray(fc.constantFrom(...PROVIDERS), { maxLength: 4 }),
      }),
      { maxLength: 5 },
    )
    .map((needs) => needs.map((need, index): LabelNeed => ({ label: `label-${index}`, ...need }))),
  room: fc
    .tuple(...PROVIDERS.map(() => fc.integer({ min: 0, max: 10 })))
    .map((rooms) => new Map(PROVIDERS.map((provider, index) => [provider, rooms[index] ?? 0]))),
});

function countOf(allotments: readonly Allotment[], filter: Partial<Allotment>): number {
  return allotments
    .filter(({ label, provider }) => (filter.label ?? label) === label && (filter.provider ?? provider) === provider)
    .reduce((sum, { count }) => sum + count, 0);
}

/** Max-flow is min-cut: some set of providers is full, and labels that reach beyond it have all they need. */
function mostPossible(needs: readonly LabelNeed[], room: ReadonlyMap<string, number>): number {
  let most = Infinity;
  for (let mask = 0; mask < 2 ** PROVIDERS.length; mask += 1) {
    const cut = PROVIDERS.filter((_, index) => mask & (1 << index));
    const capacity = cut.reduce((sum, provider) => sum + (room.get(provider) ?? 0), 0);
    const stillNeeded = needs
      .filter(({ providers }) => providers.some((provider) => !cut.includes(provider)))
      .reduce((sum, { need }) => sum + need, 0);
    most = Math.min(most, capacity + stillNeeded);
  }
  return most;
}

describe('allocate', () => {
  it('never gives a provider more than it has room for, nor a label more than it needs, nor less than nothing', () => {
    fc.assert(
      fc.property(worlds, ({ needs, room }) => {
        const given = allocate(needs, room);
        for (const { count } of given) expect(count).toBeGreaterThan(0);
        for (const provider of PROVIDERS) {
          expect(countOf(given, { provider })).toBeLessThanOrEqual(room.get(provider) ?? 0);
        }
        for (const { label, need } of needs) expect(countOf(given, { label })).toBeLessThanOrEqual(need);
      }),
    );
  });

  it('uses only providers of the label', () => {
    fc.assert(
      fc.property(worlds, ({ needs, room }) => {
        for (const { label, provider } of allocate(needs, room)) {
          expect(needs.find((need) => need.label === label)?.providers).toContain(provider);
        }
      }),
    );
  });

  it('launches as much as any allocation could', () => {
    fc.assert(
      fc.property(worlds, ({ needs, room }) => {
        const total = allocate(needs, room).reduce((sum, { count }) => sum + count, 0);
        expect(total).toBe(mostPossible(needs, room));
      }),
      { numRuns: 500 },
    );
  });

  it('spreads a single label in proportion to the free room, to within one node', () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 40 }), worlds, (need, { room }) => {
        const total = [...room.values()].reduce((sum, free) => sum + free, 0);
        const given = allocate([{ label: 'x', need, providers: PROVIDERS }], room);
        for (const provider of PROVIDERS) {
          const exact = total === 0 ? 0 : (Math.min(need, total) * (room.get(provider) ?? 0)) / total;
          expect(Math.abs(countOf(given, { provider }) - exact)).toBeLessThan(1);
        }
      }),
    );
  });

  it('moves a label that has a choice out of the way of one that has none', () => {
    const needs = [
      { label: 'x', need: 2, providers: ['a', 'b'] },
      { label: 'y', need: 2, providers: ['b', 'c'] },
      { label: 'z', need: 2, providers: ['c', 'a'] },
    ];
    const room = new Map([
      ['a', 4],
      ['b', 1],
      ['c', 1],
    ]);
    expect(allocate(needs, room).reduce((sum, { count }) => sum + count, 0)).toBe(6);
  });
});

describe('what is asked for', () => {
  it('is the difference to min-ready, and nothing for a label that is off', () => {
    expect(needOf(5, 2)).toBe(3);
    expect(needOf(2, 4)).toBe(0);
    expect(needOf(-1, 0)).toBe(0);
  });

  it('has no room in a provider that is over its limit', () => {
    expect(roomOf(3, 1)).toBe(2);
    expect(roomOf(3, 7)).toBe(0);
    expect(roomOf(0, 0)).toBe(0);
  });
});
