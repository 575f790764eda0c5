import type { Baseline, DeviceImage } from '../device-driver.js';
import { hasRebooted, judgeActivation, parseRollbackPoint } from './activation-state.js';
import type { ActivationRules, Observation } from './activation-state.js';

const image = { filename: 'app.bin', version: '2.0' } as DeviceImage;
const baseline: Baseline = {
  version: '1.0',
  bootTime: '2026-01-01T00:00:00.000Z',
  bootImage: 'old.bin',
  rollbackPoint: JSON.stringify({ token: 't', bootId: 'boot-1', link: 'old.bin' }),
  sentAt: '2026-01-02T00:00:00.000Z',
};
const before: Observation = {
  bootId: 'boot-1',
  bootTime: new Date('2026-01-01T00:00:00Z'),
  isShuttingDown: false,
  link: 'old.bin',
  isLinkVerified: false,
  trace: null,
  version: '1.0',
};
const byCommand: ActivationRules = { hasActivateCommand: true, hasVerifyCommand: true, expectsReboot: false };
const byLink: ActivationRules = { hasActivateCommand: false, hasVerifyCommand: false, expectsReboot: false };
const ended = (exitCode: number | null) => ({ kind: 'activate' as const, isRunning: false, exitCode });
const running = { kind: 'activate' as const, isRunning: true, exitCode: null };
const rebooted = { bootId: 'boot-2', bootTime: new Date('2026-01-02T00:05:00Z') };

describe('judgeActivation', () => {
  it.each<[string, Partial<Observation>, ActivationRules, string]>([
    ['nothing was sent', {}, byCommand, 'untouched'],
    ['the command runs', { trace: running }, byCommand, 'in_progress'],
    ['the command runs and already shows the version', { trace: running, version: '2.0' }, byCommand, 'in_progress'],
    ['the host is going down', { isShuttingDown: true, trace: ended(0), version: '2.0' }, byCommand, 'in_progress'],
    ['the command was killed, as by a reboot', { trace: ended(null) }, byCommand, 'in_progress'],
    [
      'the command was killed although the version is there',
      { trace: ended(null), version: '2.0' },
      byCommand,
      'in_progress',
    ],
    ['the command ended well', { trace: ended(0), version: '2.00' }, byCommand, 'active'],
    ['the command reported an error but did it', { trace: ended(1), version: '2.0' }, byCommand, 'active'],
    ['the command failed', { trace: ended(1) }, byCommand, 'wrong'],
    ['the command left the old version', { trace: ended(0) }, byCommand, 'wrong'],
    ['the service does not answer yet', { trace: ended(0), version: null }, byCommand, 'in_progress'],
    [
      'back after the reboot with the version',
      { ...rebooted, trace: ended(null), version: '2.0' },
      byCommand,
      'active',
    ],
    [
      'back after the reboot, still starting',
      { ...rebooted, trace: ended(null), version: null },
      byCommand,
      'in_progress',
    ],
    ['back after the reboot with the old version', { ...rebooted, trace: ended(null) }, byCommand, 'wrong'],
    ['somebody rebooted it and nothing was sent', { ...rebooted }, byCommand, 'wrong'],
    ['another version without a command of ours', { version: '1.5' }, byCommand, 'wrong'],
    [
      'the version is there but no reboot yet',
      { trace: ended(0), version: '2.0' },
      { ...byCommand, expectsReboot: true },
      'in_progress',
    ],
    ['the old version and no reboot yet', { trace: ended(0) }, { ...byCommand, expectsReboot: true }, 'in_progress'],
    [
      'the reboot came',
      { ...rebooted, trace: ended(0), version: '2.0' },
      { ...byCommand, expectsReboot: true },
      'active',
    ],
    ['the link is as before', {}, byLink, 'untouched'],
    ['the link is as before and somebody rebooted', { ...rebooted }, byLink, 'untouched'],
    ['the link is right', { link: 'app.bin', isLinkVerified: true }, byLink, 'active'],
    ['the link is right, the file is not', { link: 'app.bin' }, byLink, 'wrong'],
    [
      'the link is right, the version is not',
      { link: 'app.bin', isLinkVerified: true },
      { ...byLink, hasVerifyCommand: true },
      'wrong',
    ],
    ['rolled back', { trace: { ...ended(0), kind: 'rollback' } }, byCommand, 'untouched'],
    ['rolled back with a reboot', { ...rebooted, trace: { ...ended(null), kind: 'rollback' } }, byCommand, 'untouched'],
    ['the rollback failed', { trace: { ...ended(2), kind: 'rollback' }, version: '1.7' }, byCommand, 'wrong'],
  ])('%s', (_name, seen, rules, state) => {
    expect(judgeActivation(image, baseline, { ...before, ...seen }, rules).state).toBe(state);
  });
});

describe('hasRebooted', () => {
  it('goes by the boot id, however the clock was set', () => {
    expect(hasRebooted(baseline, { ...before, bootTime: new Date('2026-01-03T00:00:00Z') })).toBe(false);
    expect(hasRebooted(baseline, { ...before, bootId: 'boot-2' })).toBe(true);
  });

  it('goes by the boot time where there is no boot id, with room for a clock that is set', () => {
    const seen = { ...before, bootId: null };
    expect(hasRebooted(baseline, { ...seen, bootTime: new Date('2026-01-01T00:00:02Z') })).toBe(false);
    expect(hasRebooted(baseline, { ...seen, bootTime: new Date('2026-01-01T00:10:00Z') })).toBe(true);
    expect(hasRebooted(baseline, { ...seen, bootTime: null })).toBe(false);
  });
});

describe('parseRollbackPoint', () => {
  it.each([null, '', 'flash:old.bin', '[]', '{"link":5}'])('makes nothing of %j', (text) => {
    expect(parseRollbackPoint(text)).toEqual({ token: '', bootId: null, link: null });
  });
});
