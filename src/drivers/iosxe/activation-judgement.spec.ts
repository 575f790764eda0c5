import type { Baseline } from '../device-driver.js';
import { isSameRelease, judgeActivation, type BoxEvidence } from './activation-judgement.js';
import type { InstallRowState } from './parse-install.js';

const NOW = new Date('2026-11-21T12:00:00Z');
const LONG_AGO = new Date('2026-10-01T00:00:00Z');
const image = { version: '17.9.4a' };
const sent: Baseline = {
  version: '17.06.05',
  bootTime: LONG_AGO.toISOString(),
  bootImage: 'flash:packages.conf',
  rollbackPoint: '1',
  sentAt: '2026-11-21T11:50:00Z',
};
const unsent = { ...sent, sentAt: null };

function rows(...states: [InstallRowState, string][]) {
  return { rows: states.map(([state, version]) => ({ type: 'IMG', state, version })), abortsIn: null };
}

function evidence(changes: Partial<BoxEvidence> = {}): BoxEvidence {
  return {
    version: '17.06.05',
    bootTime: LONG_AGO,
    isBootTimeExact: true,
    summary: rows(['C', '17.06.05.0.6']),
    operation: null,
    now: NOW,
    settleMs: 10_000,
    ...changes,
  };
}

const reloaded = new Date('2026-11-21T11:55:00Z');

describe('the state of an activation', () => {
  it.each<[string, string, Baseline, Partial<BoxEvidence>]>([
    ['nothing happened', 'untouched', unsent, {}],
    ['it was announced, and nothing happened', 'untouched', sent, {}],
    ['it was announced a moment ago', 'in_progress', { ...sent, sentAt: '2026-11-21T11:59:55Z' }, {}],
    ['it was announced by a clock ahead of ours', 'in_progress', { ...sent, sentAt: '2026-11-21T12:01:00Z' }, {}],
    ['an operation runs', 'in_progress', sent, { operation: 'install_activate' }],
    [
      'activated, reload to come',
      'in_progress',
      sent,
      { summary: rows(['D', '17.06.05.0.6'], ['U', '17.09.04a.0.6']) },
    ],
    ['only added', 'untouched', sent, { summary: rows(['C', '17.06.05.0.6'], ['I', '17.09.04a.0.6']) }],
    ['the new version runs', 'active', sent, { version: '17.09.04a', bootTime: reloaded }],
    ['the new version runs, boot time unknown', 'active', sent, { version: '17.09.04a', bootTime: null }],
    ['back with the old version', 'wrong', sent, { bootTime: reloaded }],
    ['a third version', 'wrong', sent, { version: '17.3.1', bootTime: reloaded }],
    ['almost the same version', 'wrong', sent, { version: '17.9.4', bootTime: reloaded }],
    ['a power cut before the command', 'untouched', sent, { bootTime: new Date('2026-11-21T11:40:00Z') }],
    [
      'the minute of an inexact boot time',
      'untouched',
      sent,
      { bootTime: new Date(LONG_AGO.getTime() + 60_000), isBootTimeExact: false },
    ],
    ['no boot time to go by', 'in_progress', sent, { bootTime: null }],
  ])('%s: %s', (_what, state, baseline, changes) => {
    expect(judgeActivation(image, baseline, evidence(changes)).state).toBe(state);
  });

  it('of a reinstallation needs a boot', () => {
    const same = { ...sent, version: '17.09.04a' };
    const version = '17.09.04a';
    expect(judgeActivation(image, same, evidence({ version })).state).toBe('untouched');
    expect(judgeActivation(image, same, evidence({ version, bootTime: reloaded })).state).toBe('active');
    expect(judgeActivation(image, { ...same, sentAt: null }, evidence({ version })).state).toBe('active');
  });

  it('says when a commit is still to come', () => {
    const summary = { ...rows(['U', '17.09.04a.0.6']), abortsIn: '01:49:42' };
    const { message } = judgeActivation(image, sent, evidence({ version: '17.09.04a', bootTime: reloaded, summary }));
    expect(message).toContain('not committed yet (01:49:42');
  });
});

it('compares releases, not builds', () => {
  expect(isSameRelease('17.09.04a.0.6', '17.9.4a')).toBe(true);
  expect(isSameRelease('17.09.04.0.6', '17.9.4a')).toBe(false);
});
