import { Verdicts } from './verdicts.js';

describe('what is remembered of tokens', () => {
  it('lasts until its time is over', () => {
    const verdicts = new Verdicts<string>(10);
    verdicts.set('a', 'x', 100);
    expect(verdicts.get('a', 99)).toMatchObject({ value: 'x' });
    expect([verdicts.get('a', 100), verdicts.get('a', 0)]).toEqual([null, null]);
  });

  it('is never more than so much: what was not asked about for longest goes', () => {
    const verdicts = new Verdicts<number>(3);
    for (const [index, name] of ['a', 'b', 'c'].entries()) verdicts.set(name, index, 100);
    verdicts.get('a', 0);
    verdicts.set('d', 3, 100);
    expect(verdicts.size).toBe(3);
    expect(['a', 'b', 'c', 'd'].map((name) => verdicts.get(name, 0)?.value)).toEqual([0, undefined, 2, 3]);
  });
});
