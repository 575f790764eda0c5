import { ignoresStartupConfig, parseShowBoot, redundancyStates } from './parse-boot.js';
import { isNoSuchFile, parseDir, parseFlashSystems, parseVerify } from './parse-flash.js';
import {
  failedLine,
  filesToRemove,
  hasSucceeded,
  newestRollbackId,
  operationInProgress,
  packagesToActivate,
  parseInstallSummary,
} from './parse-install.js';
import { bootTimeOf, clockReading, parseShowVersion, uptimeOf } from './parse-version.js';
import { comparable, isForbidden, isReadOnly } from './snapshot-text.js';

const HASH = 'd41d8cd98f00b204e9800998ecf8427e';

const VERSION = `Cisco IOS XE Software, Version 17.09.04a
Cisco IOS Software [Cupertino], Catalyst L3 Switch Software (CAT9K_IOSXE), Version 17.9.4a, RELEASE SOFTWARE (fc3)
core-sw uptime is 7 weeks, 17 hours, 14 minutes
System returned to ROM by Reload Command at 10:00:00 UTC Mon Sep 28 2026
System restarted at 18:46:00 CEST Sun Sep 27 2026
System image file is "flash:packages.conf"
Last reload reason: Image Install
cisco C9300-24P (X86) processor with 1331521K/6147K bytes of memory.
Processor board ID FOC2101X0AB
Switch Ports Model              SW Version        SW Image              Mode
------ ----- -----              ----------        ----------            ----
*    1 41    C9300-24P          17.9.4a           CAT9K_IOSXE           INSTALL
     2 41    C9300-24P          17.9.4a           CAT9K_IOSXE           BUNDLE
Configuration register is 0x102
`;

describe('show version', () => {
  it('gives the zero-padded version, the serial number and the stack', () => {
    expect(parseShowVersion(VERSION)).toEqual({
      hostname: 'core-sw',
      version: '17.09.04a',
      model: 'C9300-24P',
      serial: 'FOC2101X0AB',
      bootImage: 'flash:packages.conf',
      uptimeMs: (7 * 10_080 + 17 * 60 + 14) * 60_000,
      restartedAt: '18:46:00 CEST Sun Sep 27 2026',
      configRegister: '0x102',
      members: [
        { number: 1, model: 'C9300-24P', version: '17.9.4a', mode: 'INSTALL', isActive: true },
        { number: 2, model: 'C9300-24P', version: '17.9.4a', mode: 'BUNDLE', isActive: false },
      ],
    });
  });

  it('reads every form of an uptime', () => {
    expect(uptimeOf('19 minutes')).toBe(19 * 60_000);
    expect(uptimeOf('1 year, 1 week, 1 day, 1 hour')).toBe((525_600 + 10_080 + 1440 + 60) * 60_000);
    expect(uptimeOf('a while')).toBeNull();
  });

  it('takes the boot time from the clock of the box, else from the uptime', () => {
    const version = parseShowVersion(VERSION);
    const now = new Date('2026-11-20T10:00:00Z');
    // The box is two hours ahead and does not say by how much its zone differs: only its own difference counts.
    const clock = '*18:46:30.500 CEST Sun Sep 27 2026';
    expect(bootTimeOf(version, clock, now)?.toISOString()).toBe('2026-11-20T09:59:30.000Z');
    expect(bootTimeOf({ ...version, restartedAt: null }, clock, now)?.getTime()).toBe(
      now.getTime() - (version.uptimeMs ?? 0),
    );
    expect(clockReading('never')).toBeNull();
  });
});

describe('the flash', () => {
  it('is listed with sizes', () => {
    const listing = parseDir(`Directory of flash:/

 311297  -rw-         1052489  Mar 2 2015 08:46:31 +00:00  cat9k_iosxe.17.09.04a.SPA.bin
     12  drwx            4096  Mar 2 2015 08:46:31 +00:00  core

11353194496 bytes total (8565174272 bytes free)
`);
    expect(listing).toEqual({
      files: [{ name: 'cat9k_iosxe.17.09.04a.SPA.bin', size: 1_052_489 }],
      totalBytes: 11_353_194_496,
      freeBytes: 8_565_174_272,
    });
    expect(isNoSuchFile('%Error opening flash:/x (No such file or directory)')).toBe(true);
  });

  it('is known of every member', () => {
    const free = parseFlashSystems(`       Size(b)       Free(b)      Type  Flags  Prefixes
             -             -    opaque     rw   system:
*  11353194496    8565174272      disk     rw   flash: flash-1:
   11353194496    7000000000      disk     rw   flash-2: stby-flash:
    1651314688    1561735168      disk     rw   crashinfo:
`);
    expect([...free]).toEqual([
      ['flash:', 8_565_174_272],
      ['flash-1:', 8_565_174_272],
      ['flash-2:', 7_000_000_000],
      ['stby-flash:', 7_000_000_000],
    ]);
  });

  it('verifies', () => {
    expect(parseVerify(`.....\n....Done!\nverify /md5 (flash:a.bin) = ${HASH.toUpperCase()}\n`)).toBe(HASH);
    expect(parseVerify(`Verified (flash:a.bin) = ${HASH}`)).toBe(HASH);
    expect(
      parseVerify(
        `%Error verifying flash:a.bin\nComputed signature  = ${HASH}\nSubmitted signature = ${'0'.repeat(32)}`,
      ),
    ).toBe(HASH);
    expect(parseVerify(`verify /md5 flash:a.bin ${HASH}\n%Error opening flash:a.bin`)).toBeNull();
  });
});

describe('install', () => {
  it('sums up states and the timer', () => {
    const text = `[ Switch 1 2 ] Installed Package(s) Information:
State (St): I - Inactive, U - Activated & Uncommitted,
            C - Activated & Committed, D - Deactivated & Uncommitted
Type  St   Filename/Version
IMG   U    17.15.03.0.5371
IMG   D    17.12.01.0.6
SMU   U    bootflash:cat9k.smu.bin
`;
    const timer = 'Auto abort timer: active on install_activate, time before rollback - 01:49:42\n';
    expect(parseInstallSummary(text + timer)).toEqual({
      rows: [
        { type: 'IMG', state: 'U', version: '17.15.03.0.5371' },
        { type: 'IMG', state: 'D', version: '17.12.01.0.6' },
        { type: 'SMU', state: 'U', version: 'bootflash:cat9k.smu.bin' },
      ],
      abortsIn: '01:49:42',
    });
    expect(parseInstallSummary(`${text}Auto abort timer: inactive`).abortsIn).toBeNull();
  });

  it('knows an operation that has not ended', () => {
    const boot =
      '[0|install_op_boot]: START x\n[0|install_op_boot(INFO, )]: Mount\n[0|install_op_boot]: END SUCCESS  x\n';
    expect(operationInProgress(boot)).toBeNull();
    expect(operationInProgress(`${boot}[1|install_add]: START x\n`)).toBe('install_add');
    // A reload cuts the log of what caused it; the boot that follows shows that it is over.
    expect(operationInProgress(`[1|install_activate]: START x\n${boot}`)).toBeNull();
  });

  it('tells success from failure, with the reason', () => {
    expect(hasSucceeded('SUCCESS: install_add  Sat Nov 21 12:00:00 UTC 2026')).toBe(true);
    const failed =
      '[1]  R0 FAILED: System configuration has been modified.\nFAILED: add_activate_commit f Sat Nov 21\n';
    expect(failedLine(failed)).toBe('[1]  R0 FAILED: System configuration has been modified.');
    expect(failedLine('FAILED: install_add Sat Nov 21 12:00:00 UTC 2026')).toContain('FAILED: install_add');
    expect(failedLine('FAILED: /flash requires 512 KB of free space')).toContain('512 KB');
    expect(hasSucceeded(failed)).toBe(false);
  });

  it('lists what it would delete, what it would activate, and the rollback points', () => {
    const list = `    [R0]: /flash/packages.conf File is in use, will not delete.
The following files will be deleted:
    [R0]: /flash/cat9k_iosxe.16.12.04.SPA.bin
[switch 1]:
/flash/cat9k-rpbase.16.12.04.SPA.pkg

Do you want to remove the above files? [y/n]`;
    expect(filesToRemove(list)).toEqual(['cat9k_iosxe.16.12.04.SPA.bin', 'cat9k-rpbase.16.12.04.SPA.pkg']);
    expect(filesToRemove('Nothing to clean.')).toEqual([]);
    const activate = 'Following packages shall be activated:\n/flash/cat9k-rpbase.17.09.04a.SPA.pkg\n\nProceed?';
    expect(packagesToActivate(activate)).toEqual(['cat9k-rpbase.17.09.04a.SPA.pkg']);
    // Once told apart by trying every way to cut it into folders: as good as for ever.
    const deep = `${'/a'.repeat(60)} is not a file`;
    expect(filesToRemove(`The following files will be deleted:\n${deep}`)).toEqual([]);
    expect(packagesToActivate(`Following packages shall be activated:\n${deep}`)).toEqual([]);
    expect(newestRollbackId('ID  Label   Description\n-----\n2   No Label  No Description\n1   No Label  No\n')).toBe(
      2,
    );
    expect(newestRollbackId("% Invalid input detected at '^' marker.")).toBeNull();
  });
});

describe('booting and redundancy', () => {
  it('is read for the next reload', () => {
    const text =
      'Current Boot Variables:\nBOOT variable = flash:old.bin;\n\nBoot Variables on next reload:\nBOOT variable = flash:packages.conf;\nManual Boot = no\n';
    expect(parseShowBoot(text)).toEqual({ variables: ['flash:packages.conf'], manualBoot: false });
    expect(parseShowBoot('BOOT variable does not exist\nManual Boot = yes')).toEqual({
      variables: [],
      manualBoot: true,
    });
    expect(ignoresStartupConfig('MANUAL_BOOT=no\nSWITCH_IGNORE_STARTUP_CFG=1')).toBe(true);
    expect(redundancyStates('Current Software state = ACTIVE\n  Current Software state = STANDBY HOT \n')).toEqual([
      'ACTIVE',
      'STANDBY HOT',
    ]);
  });
});

describe('snapshots', () => {
  const cdp = (holdTime: string) => `Capability Codes: R - Router
Device ID        Local Intrfce     Holdtme    Capability  Platform  Port ID
sw-2             Gig 1/0/2         ${holdTime}             S I   C9300-24  Gig 1/0/1
a-name-so-long-that-it-needs-a-line.example.net
                 Gig 1/0/1         ${holdTime}            R S   ISR4331   Gig 0/0/1

Total cdp entries displayed : 2`;

  it('leave out what changes by itself', () => {
    expect(comparable('show cdp neighbors', cdp('120'))).toBe(comparable('show cdp neighbors', cdp('9')));
    expect(comparable('show cdp neighbors', cdp('120')).split('\n')).toEqual([
      'Device ID',
      'a-name-so-long-that-it-needs-a-line.example.net Gig 1/0/1 R S ISR4331 Gig 0/0/1',
      'sw-2 Gig 1/0/2 S I C9300-24 Gig 1/0/1',
    ]);
  });

  it('look and do not touch', () => {
    expect(['show ip route', 'dir flash:', 'ping 10.0.0.1'].every(isReadOnly)).toBe(true);
    expect(['reload', 'clear counters', 'show run | redirect flash:x', 'showdown'].some(isReadOnly)).toBe(false);
    expect(['reload', ' rel', 'install commit', 'write erase', 'conf t', 'delete flash:x'].every(isForbidden)).toBe(
      true,
    );
    expect(isForbidden('clear counters')).toBe(false);
  });
});
