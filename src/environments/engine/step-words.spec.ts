import { detailsOfStep, nameOfStep } from './step-words.js';

describe('the details of a step', () => {
  it('are words and a brace, as clients split them', () => {
    expect(detailsOfStep({ kind: 'shell', settings: { commands: ['a', 'b'], env: { TOKEN: 'x' } } })).toBe(
      'Shell commands execution { commands = [ a, b ] }',
    );
    expect(detailsOfStep({ kind: 'http', settings: { url: 'http://a', headers: { authorization: 'x' } } })).toBe(
      'HTTP request { url = http://a }',
    );
    expect(detailsOfStep({ kind: 'release', settings: {} })).toBe('Servers release');
    expect(detailsOfStep({ kind: 'attributes', settings: { set: { url: { value: 'x' } } } })).toBe(
      'Environment attributes update { set = [ url ] }',
    );
  });

  it('are no longer than people read', () => {
    const details = detailsOfStep({ kind: 'shell', settings: { commands: ['x'.repeat(10_000)] } });
    expect(details.length).toBeLessThan(2_100);
  });

  it('have a name where the template gives none', () => {
    expect(nameOfStep({ kind: 'http', title: null })).toBe('HTTP request');
    expect(nameOfStep({ kind: 'http', title: 'Register' })).toBe('Register');
  });
});
