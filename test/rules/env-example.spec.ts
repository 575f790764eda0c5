import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { envExample, SETTINGS } from '../../src/config/settings.js';

const ROOT = join(import.meta.dirname, '..', '..');
const README = join(ROOT, 'README.md');

describe('the settings', () => {
  it('are all in .env.example, with their defaults', () => {
    expect(readFileSync(join(ROOT, '.env.example'), 'utf8')).toBe(envExample());
  });

  const withReadme = existsSync(README) ? it : it.skip;
  withReadme('are all in the table of the README, with their defaults', () => {
    const rows = readFileSync(README, 'utf8')
      .split('\n')
      .filter((line) => line.startsWith('|'))
      .map((line) => line.split('|').map((cell) => cell.replaceAll('`', '').trim().split(', ')));
    const wrong = Object.values(SETTINGS).filter(({ name, example }) => {
      const [, names = [], defaults = []] = rows.find((row) => row[1]?.includes(name)) ?? [];
      // One default is that of all names in its row. What a row says of an unset one is for people.
      const stated = defaults.length === 1 ? defaults[0] : defaults[names.indexOf(name)];
      return names.length === 0 || (example ? stated !== example : false);
    });
    expect(wrong.map(({ name }) => name)).toEqual([]);
  });
});
