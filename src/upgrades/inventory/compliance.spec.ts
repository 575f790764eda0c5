import { complianceOf } from './compliance.js';

describe('compliance', () => {
  it.each([
    ['17.09.04a', null, 'No Standard'],
    [null, '17.9.4a', 'Non-Compliant'],
    ['17.09.04a', '17.9.4a', 'Compliant'],
    ['17.9.4', '17.9.4a', 'Non-Compliant'],
    ['17.12.1', '17.9.4a', 'Ahead'],
  ])('of %s where %s is golden is %s', (version, golden, expected) => {
    expect(complianceOf(version, golden)).toBe(expected);
  });
});
