/** `npm test`: every spec, or those its arguments name. Its last line counts the tests. */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { availableParallelism, tmpdir } from 'node:os';
import { join } from 'node:path';

const ROOT = join(import.meta.dirname, '..');
const scratch = mkdtempSync(join(tmpdir(), 'slipway-jest-'));
const results = join(scratch, 'results.json');

const given = process.argv.slice(2);
// Most specs wait for a database, a device or a process that must be noticed as dead: more of them than cores keep all busy.
const workers = given.some((item) => /^(-i|-w|--runInBand|--maxWorkers)/.test(item))
  ? []
  : [`--maxWorkers=${availableParallelism() + 2}`];

const done = spawnSync(
  process.execPath,
  [join(ROOT, 'node_modules', 'jest', 'bin', 'jest.js'), ...workers, '--json', `--outputFile=${results}`, ...given],
  {
    cwd: ROOT,
    stdio: ['ignore', 'ignore', 'inherit'],
    env: { ...process.env, NODE_OPTIONS: `${process.env.NODE_OPTIONS ?? ''} --experimental-vm-modules --no-warnings` },
  },
);

const { passed, failed } = count();
rmSync(scratch, { recursive: true, force: true });
console.log(`${passed} passed, ${failed} failed`);
process.exitCode = done.status ?? 1;

/** A spec file that cannot even be loaded counts as one failure; so does a run that ended without a result. */
function count() {
  try {
    const { numPassedTests, numFailedTests, numRuntimeErrorTestSuites } = JSON.parse(readFileSync(results, 'utf8'));
    const known = numFailedTests + numRuntimeErrorTestSuites;
    return { passed: numPassedTests, failed: known === 0 && done.status !== 0 ? 1 : known };
  } catch {
    return { passed: 0, failed: 1 };
  }
}
