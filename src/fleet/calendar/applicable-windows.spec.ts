import { calendarOf, NO_WISH, readCalendarWish, type WindowFacts, type Work } from './applicable-windows.js';

let id = 0;
function window(name: string, fields: Partial<WindowFacts>): WindowFacts {
  id += 1;
  return {
    id,
    name,
    kind: 'window',
    scope: 'named',
    sites: [],
    tags: [],
    zone: 'UTC',
    startsLocal: '2026-01-01T00:00',
    durationMin: 60,
    recurrence: 'FREQ=DAILY',
    ...fields,
  };
}
const WINDOWS = [
  window('all', { scope: 'all' }),
  window('lab', { scope: 'matching', sites: ['lab', 'annex'] }),
  window('core', { scope: 'matching', tags: ['core'] }),
  window('edge', { scope: 'matching', tags: ['edge'] }),
  window('mine', {}),
  window('freeze', { kind: 'blackout', scope: 'all' }),
  window('lab-freeze', { kind: 'blackout', scope: 'matching', sites: ['lab'] }),
  window('core-freeze', { kind: 'blackout', scope: 'matching', tags: ['core'] }),
  window('my-freeze', { kind: 'blackout' }),
];

function holds(work: Partial<Work>): { groups: Record<string, string[]>; blackouts: string[] } {
  const { groups, blackouts } = calendarOf(WINDOWS, { site: null, tags: [], wish: NO_WISH, ...work });
  return {
    groups: Object.fromEntries(groups.map(({ of, windows }) => [of, windows.map(({ name }) => name)])),
    blackouts: blackouts.map(({ name }) => name),
  };
}
const naming = (...windows: string[]) => ({ windows, requireWindow: false });

describe('which windows hold for a piece of work', () => {
  it('everybody has those for all', () => {
    expect(holds({})).toEqual({ groups: { everything: ['all'] }, blackouts: ['freeze'] });
  });

  it('a site and each tag are groups of their own', () => {
    expect(holds({ site: 'lab', tags: ['core', 'edge', 'core', 'other'] })).toEqual({
      groups: { everything: ['all'], 'site lab': ['lab'], 'tag core': ['core'], 'tag edge': ['edge'] },
      blackouts: ['freeze', 'lab-freeze', 'core-freeze'],
    });
  });

  it('a batch has those it names besides', () => {
    expect(holds({ site: 'annex', wish: naming('mine', 'my-freeze') })).toEqual({
      groups: { everything: ['all'], 'site annex': ['lab'], 'the batch': ['mine'] },
      blackouts: ['freeze', 'my-freeze'],
    });
    expect(holds({ wish: naming('my-freeze') }).groups).toEqual({ everything: ['all'] });
  });

  it('one that is named and gone never opens', () => {
    expect(holds({ wish: naming('gone') }).groups).toEqual({ everything: ['all'], 'the batch': [] });
  });

  it('without any, a batch that takes one never begins', () => {
    const none = (requireWindow: boolean) =>
      calendarOf([], { site: 'x', tags: [], wish: { windows: [], requireWindow } }).groups.map(
        ({ windows }) => windows,
      );
    expect(none(false)).toEqual([]);
    expect(none(true)).toEqual([[]]);
  });

  it('what is stored is read; what cannot be read never opens', () => {
    expect(readCalendarWish(null)).toEqual(NO_WISH);
    expect(readCalendarWish({ windows: ['a'], requireWindow: true })).toEqual({ windows: ['a'], requireWindow: true });
    expect(readCalendarWish({ windows: 'a' })).toEqual({ windows: [], requireWindow: true });
    expect(readCalendarWish({})).toEqual({ windows: [], requireWindow: true });
  });
});
