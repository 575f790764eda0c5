import { mkdtempSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { makePrivateFolder } from '../../src/drivers/private-folder.js';

describe('a private folder', () => {
  const top = mkdtempSync(join(tmpdir(), 'slipway-private-'));
  afterAll(() => rmSync(top, { recursive: true }));
  const modeOf = (...path: string[]) => (statSync(join(top, ...path)).mode & 0o777).toString(8);

  it('is its owner’s, and lets others pass beside it', async () => {
    await makePrivateFolder(join(top, 'a', 'b', 'mine'));
    await makePrivateFolder(join(top, 'a', 'b', 'mine'));
    expect([modeOf('a'), modeOf('a', 'b'), modeOf('a', 'b', 'mine')]).toEqual(['711', '711', '700']);
  });
});
