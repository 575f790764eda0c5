import { benchTable, type BenchRow, median } from './bench-report.js';

describe('the median', () => {
  it.each([
    [[3], 3],
    [[9, 1, 5], 5],
    [[4, 1, 2, 100], 3],
  ])('of %j is %d', (values, expected) => {
    expect(median(values)).toBe(expected);
  });

  it('leaves the values as they are', () => {
    const values = [3, 1, 2];
    median(values);
    expect(values).toEqual([3, 1, 2]);
  });
});

describe('the table', () => {
  const row: BenchRow = {
    measure: 'jobs',
    measured: '500 jobs/s',
    baseline: '1,000 tasks/s',
    ratio: 0.5,
    aim: '>= 0.25',
    met: true,
    figures: {},
  };

  it('shows every measure with its ratio, its aim and whether it was met', () => {
    const missed = { ...row, measure: 'a killed worker', baseline: '', ratio: null, aim: '< 30 s', met: false };
    expect(benchTable([row, missed]).split('\n')).toEqual([
      'measure          measured    baseline       ratio  aim',
      'jobs             500 jobs/s  1,000 tasks/s  0.50   >= 0.25  met',
      'a killed worker  500 jobs/s                        < 30 s   NOT MET',
    ]);
  });

  it('judges nothing that has no aim', () => {
    expect(benchTable([{ ...row, aim: '', met: null }])).not.toMatch(/met/i);
  });
});
