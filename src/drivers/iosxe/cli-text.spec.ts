import {
  endsWithSyslog,
  failureLine,
  isOneLine,
  PAGER,
  plainText,
  promptHost,
  promptPattern,
  withoutQueries,
  withoutSyslog,
} from './cli-text.js';

describe('text from a terminal', () => {
  it.each([
    ['escape sequences', '\x1b[2Ksw1\x1b[0m#', 'sw1#'],
    ['line ends', 'a\r\nb\r\r\nc', 'a\nb\nc'],
    ['the wiped pager', ' --More-- \b\b\b\b\b\b\b\b\b\b          \b\b\b\b\b\b\b\b\b\bnext', 'next'],
    ['a line drawn again', '[##   ] 40%\r[#####] 100%', '[#####] 100%'],
  ])('is read as it looks: %s', (_what, raw, seen) => expect(plainText(raw)).toBe(seen));

  it('has its log messages taken out, wherever they are', () => {
    const message =
      '*Nov 21 12:00:00.123: %LINEPROTO-5-UPDOWN: Line protocol on Interface Gi1/0/3, changed state to up';
    const stacked = 'Nov 21 2026 12:00:00 UTC: %STACKMGR-1-EVENT: Switch 2';
    expect(withoutSyslog(`one\n${message}\ntwo\nsw1#${message}\n${stacked}\n`)).toBe('one\ntwo\nsw1#');
    expect(withoutSyslog('sw1#\n*Nov 21 12:0')).toBe('sw1#\n*Nov 21 12:0');
    expect(endsWithSyslog(`sw1#\n${message}\n`)).toBe(true);
    expect(endsWithSyslog('sw1#')).toBe(false);
  });

  it('knows prompts by their host', () => {
    expect(promptHost('sw-1.lab>')).toBe('sw-1.lab');
    expect(promptHost('sw1(config-if)#')).toBe('sw1');
    expect(promptHost('########')).toBeNull();
    const long = promptPattern('a-very-long-name-of-a-switch');
    expect(long.test('a-very-long-name-of(config-if-range)#')).toBe(true);
    expect(promptPattern('sw1').test('Password:')).toBe(false);
    expect(promptPattern('sw1').test('  sw1#')).toBe(false);
  });

  it('knows the pager and what refuses a command', () => {
    expect(PAGER.test('a\n --More-- ')).toBe(true);
    expect(PAGER.test('what --More-- means')).toBe(false);
    expect(failureLine("  ^\n% Invalid input detected at '^' marker.\n")).toBe(
      "% Invalid input detected at '^' marker.",
    );
    expect(failureLine('%Error opening flash:/x (No such file or directory)')).toContain('%Error opening');
    expect(failureLine('Error rate 5%\n100% done')).toBeNull();
  });

  it('lets only single lines pass as commands, and no query of an address into a log', () => {
    expect(['show clock', 'x\ry', 'x\ny', 'x\x03', 'x\u2028y', ''].map(isOneLine)).toEqual([
      true,
      false,
      false,
      false,
      false,
      false,
    ]);
    expect(withoutQueries('copy http://h:80/a/b.bin?token=abc flash:b')).toBe('copy http://h:80/a/b.bin?… flash:b');
  });
});
