import { toDays, toFlag, toLayers } from './task-query.js';

describe('the query of a task', () => {
  it.each(['true', 'True', 'T', 'yes', 'Y', '1', 'on'])('takes %s for true', (word) => {
    expect(toFlag({ builddata: word }, 'builddata')).toBe(true);
  });

  it.each(['false', 'False', 'n', '0', 'off'])('takes %s for false', (word) => {
    expect(toFlag({ builddata: word }, 'builddata')).toBe(false);
  });

  it('takes nothing for false, and refuses all else', () => {
    expect(toFlag({}, 'builddata')).toBe(false);
    for (const wrong of ['', 'junk', ['true', 'true'], {}]) {
      expect(() => toFlag({ builddata: wrong }, 'builddata')).toThrow(/must be true or false/);
    }
  });

  it.each<[unknown, number]>([
    [undefined, 0],
    ['0', 0],
    ['junk', 0],
    ['-7', 0],
    ['2', 2],
    ['-1', Infinity],
    [['1', '2'], 0],
    ['9'.repeat(40), 0],
  ])('has of layers=%j %d layers', (layers, expected) => {
    expect(toLayers({ layers })).toBe(expected);
  });

  it('purges after 90 days unless a whole number says otherwise', () => {
    expect([toDays({}), toDays({ days: '' }), toDays({ days: '0' }), toDays({ days: '30' })]).toEqual([90, 90, 0, 30]);
    for (const wrong of ['-1', 'x', '1.5', '99999', '9'.repeat(30), ['1', '2']]) {
      expect(() => toDays({ days: wrong })).toThrow(/days/);
    }
  });
});
