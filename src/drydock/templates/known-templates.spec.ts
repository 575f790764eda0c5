import { KnownTemplates } from './known-templates.js';
import { renderTemplate } from './render-template.js';
import { TemplateError } from './template-error.js';

const long = (letter: string) => `{{ x }}${letter.repeat(50_000)}`;

describe('templates that are known', () => {
  it('are parsed once, and rendered with what is given each time', () => {
    const known = new KnownTemplates();
    const render = (x: string) => renderTemplate('{% set y = x %}{{ y }}', new Map([['x', x]]), { known });
    expect(known.tree('{% set y = x %}{{ y }}')).toBe(known.tree('{% set y = x %}{{ y }}'));
    expect([render('a'), render('b'), render('a')]).toEqual(['a', 'b', 'a']);
  });

  it('are forgotten when there are too many, the least used first', () => {
    const known = new KnownTemplates();
    const first = known.tree(long('a'));
    const second = known.tree(long('b'));
    for (const letter of 'cdefghij') {
      known.tree(long(letter));
      expect(known.tree(long('a'))).toBe(first);
    }
    for (const letter of 'klm') known.tree(long(letter));
    expect(known.tree(long('a'))).toBe(first);
    expect(known.tree(long('b'))).not.toBe(second);
  });

  it('are not kept when they are long or wrong', () => {
    const known = new KnownTemplates();
    const huge = 'x'.repeat(100_000);
    expect(known.tree(huge)).not.toBe(known.tree(huge));
    for (let again = 0; again < 2; again += 1) expect(() => known.tree('{{ nope')).toThrow(TemplateError);
  });
});
