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
  withReadme('are all in the table of the README', () => {
    const rows = readFileSync(README, 'utf8')
      .split('\n')
      .filter((line) => line.startsWith('|'));
    const missing = Object.values(SETTINGS)
      .map((setting) => setting.name)
      .filter((name) => !rows.some((row) => row.includes(`\`${name}\``)));
    expect(missing).toEqual([]);
  });
});
