import { execFile, spawnSync } from 'node:child_process';
import { cpSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { jest } from '@jest/globals';
import { ADMIN_PASSWORD, startTestApp } from '../support/app.js';

jest.setTimeout(180_000);

const ROOT = join(import.meta.dirname, '..', '..');
const TOOLS = ['curl', 'wget', 'tar', 'bash'];
const withTools = TOOLS.every((tool) => spawnSync(tool, ['--version']).error === undefined) ? it : it.skip;

describe('the documentation of Drydock', () => {
  withTools('has a session with curl, wget and tar that works as it stands', async () => {
    const page = readFileSync(join(ROOT, 'docs', 'dialects', 'drydock.md'), 'utf8');
    const session = /```sh\n([^]*?)```/.exec(page)?.[1] ?? '';
    const directory = mkdtempSync(join(tmpdir(), 'slipway-doc-'));
    cpSync(join(ROOT, 'docs', 'examples'), join(directory, 'docs', 'examples'), { recursive: true });
    const drydockDesignRoots = [join(directory, 'docs', 'examples')];
    const test = await startTestApp({ config: { role: 'all', drydockDesignRoots } });
    try {
      const env = { ...process.env, URL: test.url, USER_NAME: 'admin', PASSWORD: ADMIN_PASSWORD };
      const options = { env, cwd: directory, timeout: 150_000 };
      const { stdout } = await promisify(execFile)('bash', ['-c', `set -e\n${session}`], options);
      expect(stdout).toContain('"message":"Site design passed validation"');
      expect(stdout).toContain('["n1","n2"]');
      expect(stdout.match(/"action_status":"success"/g)).toHaveLength(2);
      expect(stdout).toContain('"successes":["n1","n2"]');
      expect(stdout.match(/"status_name":"Deployed"/g)).toHaveLength(2);
    } finally {
      await test.close();
      rmSync(directory, { recursive: true });
    }
  });
});
