import fc from 'fast-check';
import { compareVersions, isDowngrade, sameVersion } from './version.js';

describe('sameVersion', () => {
  it.each([
    ['17.09.04a', '17.9.4a'],
    ['17.06.05', '17.6.5'],
    ['9.3(7)', '9.3.7'],
    ['18.2R2-S1', '18.2r2-s1'],
    ['4.28.9M', '4.28.9m'],
    ['v1.2.0', '1.2.0'],
    [' 2.0\n', '2.0'],
  ])('%s is %s', (one, other) => {
    expect(sameVersion(one, other)).toBe(true);
  });

  it.each([
    ['17.9.4a', '17.9.4'],
    ['17.9.4', '17.9.40'],
    ['1.23', '12.3'],
    ['9.3(7)', '9.3(7a)'],
    ['18.2R2-S1', '18.2R2'],
    ['1.0', '1.0.0'],
    ['', ''],
    ['-', '.'],
  ])('%s is not %s', (one, other) => {
    expect(sameVersion(one, other)).toBe(false);
  });
});

describe('compareVersions', () => {
  it('orders releases as their makers do', () => {
    const ordered = [
      '2.0-rc1',
      '2.0',
      '9.3(7)',
      '9.3(10)',
      '17.3.8a',
      '17.06.05',
      '17.9.4',
      '17.9.4a',
      '17.9.5',
      '17.12.1',
      '18.2R2',
      '18.2R2-S1',
      '18.2R3',
      '20261121093000123456789',
      '20261121093000123456790',
    ];
    for (const [at, version] of ordered.slice(1).entries()) {
      expect([ordered[at], version, Math.sign(compareVersions(ordered[at] ?? '', version))]).toEqual([
        ordered[at],
        version,
        -1,
      ]);
    }
  });
});

describe('isDowngrade', () => {
  it('is told from the running version, and never where that is not known', () => {
    expect(isDowngrade('17.6.5', '17.09.04a')).toBe(true);
    expect(isDowngrade('17.9.4a', '17.09.04a')).toBe(false);
    expect(isDowngrade('17.12.1', '17.9.4')).toBe(false);
    expect(isDowngrade('1.0', 'unknown')).toBe(false);
    expect(isDowngrade('1.0', '')).toBe(false);
  });
});

const version = fc
  .array(
    fc.oneof(
      fc.nat(120).map(String),
      fc.constantFrom('a', 'M', 'rc', 'S', 'beta', '007', '.', '-', '(', ')', '', 'v', 'é', '99999999999999999999'),
    ),
    { maxLength: 8 },
  )
  .map((parts) => parts.join(''));

describe('the order of versions', () => {
  it('is total: antisymmetric, transitive, and equal exactly for the same tokens', () => {
    fc.assert(
      fc.property(version, version, version, (a, b, c) => {
        expect(Math.sign(compareVersions(a, b))).toBe(-Math.sign(compareVersions(b, a)) + 0);
        if (compareVersions(a, b) <= 0 && compareVersions(b, c) <= 0)
          expect(compareVersions(a, c)).toBeLessThanOrEqual(0);
        if (sameVersion(a, b)) expect(compareVersions(a, b)).toBe(0);
      }),
      { numRuns: 2000 },
    );
  });

  it('does not see leading zeros, separators or case', () => {
    const numbers = fc.array(fc.nat(9999), { minLength: 1, maxLength: 5 });
    fc.assert(
      fc.property(numbers, fc.constantFrom('', 'a', 'B'), (parts, letter) => {
        const plain = parts.join('.') + letter;
        const dressed = parts.map((part) => `00${part}`).join('-') + letter.toUpperCase();
        expect(sameVersion(plain, dressed)).toBe(true);
      }),
    );
  });

  it('sees every added part', () => {
    fc.assert(
      fc.property(version, fc.nat(99), (base, part) => {
        expect(sameVersion(base, `${base}.${part}`)).toBe(false);
      }),
    );
  });
});
