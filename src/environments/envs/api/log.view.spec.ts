import { toZoneOffset } from './environment-query.js';
import { admitsHtml, lineOf, toHtmlLog, toPlainLog } from './log.view.js';

const epoch = { at: new Date(0), text: 'test' };

describe('a log', () => {
  it('has a line per entry, in the zone that was asked for', () => {
    expect(lineOf(epoch, 0)).toBe('1/1/70 12:00:00 AM: test');
    expect(lineOf(epoch, toZoneOffset('-150'))).toBe('1/1/70 2:30:00 AM: test');
    expect(lineOf({ at: new Date('2026-11-21T23:05:09Z'), text: 'x' }, 0)).toBe('11/21/26 11:05:09 PM: x');
    expect(lineOf({ at: new Date('2026-11-21T12:00:00Z'), text: 'x' }, 0)).toBe('11/21/26 12:00:00 PM: x');
  });

  it('says so when it is empty', () => {
    expect(toPlainLog([], 0)).toBe('No logs yet');
    expect(toHtmlLog([], 0)).toBe('<pre>No logs yet</pre>');
  });

  it('is in UTC where no zone is asked for, and in none that is none', () => {
    expect([undefined, '', '0'].map(toZoneOffset)).toEqual([0, 0, 0]);
    for (const wrong of ['x', '1e9', '1.5', '1441', '-1441', ['1'], NaN, null]) {
      expect(() => toZoneOffset(wrong)).toThrow('Invalid value of timezone_offset');
    }
  });

  it('makes links of web addresses only, and nothing else of what a step printed', () => {
    const line = (text: string) => toHtmlLog([{ at: new Date(0), text }], 0);
    expect(line('[link:http://a.example/?a=1&b=2|<b>]')).toContain(
      '<a href="http://a.example/?a=1&amp;b=2" target="_blank" rel="noopener noreferrer">&lt;b&gt;</a>',
    );
    for (const text of [
      '[link:javascript:alert(1)|x]',
      '[link:data:text/html,x|x]',
      '<script>',
      '[link:http://a" x="|y]',
    ]) {
      expect(line(text)).not.toMatch(/<(?!\/?pre>)/);
    }
  });
});

describe('who gets HTML', () => {
  it.each([
    [undefined, true],
    ['*/*', true],
    ['text/html;q=0.5, text/plain', true],
    ['text/*', true],
    ['text/plain', false],
    ['application/json', false],
    ['text/html;q=0', false],
  ])('%p: %p', (accept, expected) => {
    expect(admitsHtml(accept)).toBe(expected);
  });
});
