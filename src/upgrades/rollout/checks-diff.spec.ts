import { diffChecks, diffReport } from './checks-diff.js';

const NEIGHBOURS = { cdp: 'show cdp neighbors' };
const INTERFACES = { ports: 'show ip interface brief' };
const TEXT = { log: 'show logging' };

const table = (...names: string[]) =>
  ['Capability Codes: R - Router', '', 'Device ID  Local Intrfce', ...names.map((name) => `${name}  Gig 1/0/1`)].join(
    '\n',
  );
const ports = (status: string) =>
  `Interface  IP-Address  OK? Method Status Protocol\nVlan1  10.0.0.1  YES NVRAM  ${status}`;
const lines = (count: number, word: string) => Array.from({ length: count }, (_, n) => `${word} ${n}`).join('\n');

describe('checks before and after', () => {
  it.each([
    ['a neighbour that is gone is a loss', NEIGHBOURS, table('a', 'b'), table('a'), 'lost', ['neighbour b is missing']],
    ['a new neighbour is not', NEIGHBOURS, table('a'), table('a', 'b'), 'changed', []],
    [
      'an interface that went down is a loss',
      INTERFACES,
      ports('up  up'),
      ports('up  down'),
      'lost',
      ['interface Vlan1 is no longer up'],
    ],
    ['all else is compared by text', TEXT, 'one', 'two', 'changed', []],
    ['the same is the same', TEXT, 'one', 'one', 'same', []],
  ] as const)('%s', (_name, commands, before, after, verdict, lost) => {
    const [name = ''] = Object.keys(commands);
    expect(diffChecks(commands, { [name]: before }, { [name]: after })).toMatchObject([{ verdict, lost }]);
  });

  it('compares only what was collected both times', () => {
    expect(diffChecks(TEXT, {}, { log: 'x' })).toEqual([]);
  });

  it('shows what changed as a unified diff, and says how many checks did', () => {
    const diffs = diffChecks(TEXT, { log: 'a\nb\nc' }, { log: 'a\nB\nc' });
    expect(diffs[0]?.patch).toContain('--- log before\n+++ log after\n@@ -1,3 +1,3 @@\n a\n-b\n+B\n c');
    expect(diffReport(diffs)).toBe('log: CHANGES\nTotal: 1 checks, 1 with changes');
  });

  it('does not hold the process up over outputs that have nothing in common', () => {
    const startedAt = performance.now();
    const [diff] = diffChecks(TEXT, { log: lines(20_000, 'old') }, { log: lines(20_000, 'new') });
    expect(performance.now() - startedAt).toBeLessThan(20_000);
    expect(diff?.patch.split('\n').slice(0, 4)).toEqual([
      '--- log before',
      '+++ log after',
      '@@ -1,20000 +1,20000 @@',
      '-old 0',
    ]);
    expect(diff?.patch).toContain('\n-old 19999\n+new 0\n');
  });
});
