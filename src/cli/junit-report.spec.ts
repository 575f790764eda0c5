import { sampleBatch, sampleJob, sampleWave } from '../../test/support/sample-batch.js';
import { junitReport } from './junit-report.js';

const ended = (outcome: 'succeeded' | 'failed' | 'halted' | 'cancelled' | 'unknown', reason: string | null = null) =>
  sampleBatch({ status: 'failed', outcome, reason, waves: [sampleWave(0, { label: 'canary' }), sampleWave(1)] });

const suiteOf = (xml: string) => /<testsuite [^>]*>/.exec(xml)?.[0];

describe('the JUnit report', () => {
  it('has a test case for each target, with its wave and its time', () => {
    const xml = junitReport(ended('succeeded'), [sampleJob(1), sampleJob(2, { wave: 1 })]);
    expect(suiteOf(xml)).toBe(
      '<testsuite name="nightly" timestamp="2027-01-01T00:00:01.000Z" tests="2" failures="0" errors="0" skipped="0">',
    );
    expect(xml).toContain('<testcase classname="upgrade.canary" name="sw1" time="2.5"/>');
    expect(xml).toContain('<testcase classname="upgrade.wave 1" name="sw2" time="2.5"/>');
  });

  it('tells failed, unknown and untouched targets apart', () => {
    const xml = junitReport(ended('unknown'), [
      sampleJob(1, { status: 'failed', reason: 'checksum mismatch' }),
      sampleJob(2, { status: 'failed', unknown: true, reason: 'no answer' }),
      sampleJob(3, { status: 'cancelled', started_at: null, finished_at: null }),
    ]);
    expect(suiteOf(xml)).toContain('tests="3" failures="1" errors="1" skipped="1"');
    expect(xml).toContain('<failure message="checksum mismatch" type="failed"/>');
    expect(xml).toContain('<error message="no answer" type="unknown"/>');
    expect(xml).toContain('<skipped/>');
  });

  it.each([
    ['halted', 'sensor says no'],
    ['cancelled', null],
    ['failed', 'its deadline is over'],
    ['unknown', null],
  ] as const)('of a batch that was %s is not green where no target failed', (outcome, reason) => {
    const xml = junitReport(ended(outcome, reason), [sampleJob(1), sampleJob(2, { status: 'cancelled' })]);
    expect(suiteOf(xml)).toContain('tests="3" failures="1"');
    expect(xml).toContain(`type="${outcome}"`);
  });

  it('of a batch that goes on is not green either', () => {
    const xml = junitReport(sampleBatch(), [sampleJob(1), sampleJob(2, { status: 'running', finished_at: null })]);
    expect(suiteOf(xml)).toContain('tests="3" failures="1" errors="1" skipped="0"');
  });

  it('takes no target for untouched that was begun', () => {
    const xml = junitReport(ended('cancelled'), [
      sampleJob(1, { status: 'cancelled', reason: 'aborted by olga' }),
      sampleJob(2, { status: 'running', finished_at: null }),
      sampleJob(3, { status: 'queued', started_at: null, finished_at: null }),
    ]);
    // The failure is the batch's own.
    expect(suiteOf(xml)).toContain('tests="4" failures="1" errors="2" skipped="1"');
    expect(xml).toContain('<error message="aborted by olga" type="cancelled"/>');
    expect(xml).toContain('<error message="running" type="running"/>');
  });

  it('is XML whatever targets are called and devices say', () => {
    const nasty = 'a<b>&"\'\u0000\u0001\u001b[31m\ufffe 😀 \ud800]]>';
    const xml = junitReport(ended('failed'), [
      sampleJob(1, { target: { label: nasty }, status: 'failed', reason: nasty }),
    ]);
    expect(xml).toContain('a&lt;b');
    expect(xml).toContain('😀');
    // Characters that XML 1.0 section 2.2 does not have, in no spelling.
    expect(xml).not.toMatch(/[\u0000-\u0008\u000b\u000c\u000e-\u001f\ufffe\uffff]|&#/);
  });

  it('keeps nothing of the report before', () => {
    junitReport(ended('failed'), [sampleJob(1), sampleJob(2)]);
    expect(junitReport(ended('succeeded'), []).match(/<testsuite /g)).toHaveLength(1);
  });
});
