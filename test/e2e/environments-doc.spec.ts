import { execFile } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { jest } from '@jest/globals';
import { startGenesis, USERS } from '../dialects/environments/genesis.js';

jest.setTimeout(180_000);

const ROOT = join(import.meta.dirname, '..', '..');
const withCurl = existsSync('/usr/bin/curl') ? it : it.skip;

describe('the documentation of the environments', () => {
  withCurl('has a session with curl that works as it stands', async () => {
    const page = readFileSync(join(ROOT, 'docs', 'dialects', 'environments.md'), 'utf8');
    const session = /```sh\n([^]*?)```/.exec(page)?.[1] ?? '';
    const genesis = await startGenesis({ role: 'all', config: { templatesDir: join(ROOT, 'templates') } });
    try {
      const env = { ...process.env, URL: genesis.test.url, USER_NAME: 'genesis', PASSWORD: USERS.genesis.password };
      const script = `set -e\n${session.replaceAll('curl -sS', 'curl -sS --fail-with-body')}`;
      const { stdout } = await promisify(execFile)('bash', ['-c', script], { env, timeout: 150_000 });
      expect(stdout.match(/"isSuccess":true/g)).toHaveLength(7);
      expect(stdout).toContain('"totalCount":1');
      expect(stdout.trimEnd().endsWith('Destroyed')).toBe(true);
    } finally {
      await genesis.close();
    }
  });
});
