import { parseDocument } from './parse-document.js';

/** What PyYAML 6 makes of the same words. */
const WORDS: readonly (readonly [string, unknown])[] = [
  ['y', 'y'],
  ['N', 'N'],
  ['yes', true],
  ['Off', false],
  ['TRUE', true],
  ['~', null],
  ['0777', 511],
  ['0o777', '0o777'],
  ['1_000', 1000],
  ['1:30', 90],
  ['1e3', '1e3'],
  ['1.5e+3', 1500],
  ['012', 10],
  ['08', '08'],
];

describe('a plain word', () => {
  it.each(WORDS)('%s is what PyYAML makes of it', (word, value) => {
    expect(parseDocument({ text: `a: ${word}\n`, line: 1 })).toEqual([{ a: value }]);
  });

  it('is the same as the name of a field', () => {
    expect(parseDocument({ text: 'y: 1\nn: {N: 2}\n', line: 1 })).toEqual([{ y: 1, n: { N: 2 } }]);
  });
});
