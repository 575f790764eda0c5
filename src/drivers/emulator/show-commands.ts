import { iosDate } from './install-store.js';
import { unpadded } from './emulated-image.js';
import type { SwitchModel } from './switch-model.js';

/** What the emulated box prints; the lines follow the transcript facts of spec upgrade section 5.1. */

const RULE = '-'.repeat(80);

export function showVersion(model: SwitchModel, now = new Date()): string {
  const { options, install, hostname } = model;
  const image = options.bootMode === 'install' ? 'flash:packages.conf' : `flash:cat9k_iosxe.${install.running}.SPA.bin`;
  return `Cisco IOS XE Software, Version ${install.running}
Cisco IOS Software [Bengaluru], Catalyst L3 Switch Software (CAT9K_IOSXE), Version ${unpadded(install.running)}, RELEASE SOFTWARE (fc3)
Technical Support: http://www.cisco.com/techsupport
Copyright (c) 1986-2026 by Cisco Systems, Inc.
Compiled Wed 19-Oct-22 10:05 by mcpre

ROM: IOS-XE ROMMON
BOOTLDR: System Bootstrap, Version 17.8.1r[FC1], RELEASE SOFTWARE (P)

${hostname} uptime is ${uptime(now.getTime() - model.bootTime.getTime())}
Uptime for this control processor is ${uptime(now.getTime() - model.bootTime.getTime())}
System returned to ROM by ${model.reloadReason}
System restarted at ${restarted(model.bootTime)}
System image file is "${image}"
Last reload reason: ${model.reloadReason}

This product contains cryptographic features and is subject to United
States and local country laws governing import, export, transfer and use.

Technology Package License Information:

------------------------------------------------------------------------------
Technology-package                                     Technology-package
Current                        Type                       Next reboot
------------------------------------------------------------------------------
network-advantage   \tSmart License                 \t network-advantage

cisco ${options.model} (X86) processor with 1331521K/6147K bytes of memory.
Processor board ID ${options.serial}
1 Virtual Ethernet interface
28 Gigabit Ethernet interfaces
2048K bytes of non-volatile configuration memory.
8388608K bytes of physical memory.
1638400K bytes of Crash Files at crashinfo:.
${Math.floor(options.flashBytes / 1024)}K bytes of Flash at flash:.

Base Ethernet MAC Address          : 00:bf:77:33:22:00
Model Number                       : ${options.model}
System Serial Number               : ${options.serial}

Switch Ports Model              SW Version        SW Image              Mode
------ ----- -----              ----------        ----------            ----
*    1 28    ${options.model.padEnd(18)} ${unpadded(install.running).padEnd(17)} CAT9K_IOSXE           ${options.bootMode.toUpperCase()}

Configuration register is 0x102
`;
}

/** `7 weeks, 17 hours, 14 minutes`: units that are zero are left out. */
export function uptime(milliseconds: number): string {
  let minutes = Math.floor(milliseconds / 60_000);
  const parts: string[] = [];
  for (const [unit, size] of [
    ['year', 525_600],
    ['week', 10_080],
    ['day', 1440],
    ['hour', 60],
  ] as const) {
    const count = Math.floor(minutes / size);
    minutes -= count * size;
    if (count > 0) parts.push(`${count} ${unit}${count === 1 ? '' : 's'}`);
  }
  if (minutes > 0 || parts.length === 0) parts.push(`${minutes} minute${minutes === 1 ? '' : 's'}`);
  return parts.join(', ');
}

/** `14:02:33 UTC Sat Nov 21 2026`. */
function restarted(date: Date): string {
  const [weekday, day, month, year, time] = date.toUTCString().replace(',', '').split(' ');
  return `${time} UTC ${weekday} ${month} ${Number(day)} ${year}`;
}

export function showClock(now = new Date()): string {
  const [weekday, day, month, year] = now.toUTCString().replace(',', '').split(' ');
  return `*${now.toISOString().slice(11, 23)} UTC ${weekday} ${month} ${Number(day)} ${year}`;
}

export function showInventory({ options }: SwitchModel): string {
  return `NAME: "c93xx Stack", DESCR: "c93xx Stack"
PID: ${options.model}         , VID: V02  , SN: ${options.serial}

NAME: "Switch 1", DESCR: "${options.model}"
PID: ${options.model}         , VID: V02  , SN: ${options.serial}
`;
}

export function showFileSystems(model: SwitchModel): string {
  const size = String(model.flash.totalBytes).padStart(14);
  const free = String(model.flash.freeBytes).padStart(14);
  return `File Systems:

       Size(b)       Free(b)      Type  Flags  Prefixes
             -             -    opaque     rw   system:
             -             -    opaque     rw   tmpsys:
*${size}${free}      disk     rw   flash:
     1651314688    1561735168      disk     rw   crashinfo:
        2097152       2092800     nvram     rw   nvram:
             -             -   network     rw   tftp:
             -             -   network     rw   http:
             -             -   network     rw   scp:
`;
}

export function showBoot({ options, install }: SwitchModel): string {
  const image = options.bootMode === 'install' ? 'flash:packages.conf' : `flash:cat9k_iosxe.${install.running}.SPA.bin`;
  return `---------------------------
Switch 1
---------------------------
Current Boot Variables:
BOOT variable = ${image};

Boot Variables on next reload:
BOOT variable = ${image};
Manual Boot = no
Enable Break = no
Boot Mode = DEVICE
iPXE Timeout = 0
`;
}

export function showRomvar({ options }: SwitchModel): string {
  return `Switch 1
MODEL_NUM="${options.model}"
SYSTEM_SERIAL_NUM="${options.serial}"
MANUAL_BOOT=no
SWITCH_IGNORE_STARTUP_CFG=0
BOOT=flash:packages.conf;
`;
}

export function showRedundancy({ install }: SwitchModel): string {
  return `Redundant System Information :
------------------------------
       Available system uptime = 1 minute
Switchovers system experienced = 0
              Standby failures = 0
        Last switchover reason = none

                 Hardware Mode = Simplex
    Configured Redundancy Mode = Non-redundant
     Operating Redundancy Mode = Non-redundant
              Maintenance Mode = Disabled
                Communications = Down      Reason: Failure

Current Processor Information :
-------------------------------
               Active Location = slot 1
        Current Software state = ACTIVE
                 Image Version = Cisco IOS Software [Bengaluru], Catalyst L3 Switch Software (CAT9K_IOSXE), Version ${unpadded(install.running)}
`;
}

export function showInstallSummary({ install }: SwitchModel, now = new Date()): string {
  const rows = install.images.map((image) => `IMG   ${image.state}    ${install.fullVersion(image)}`);
  const timer = install.abortsAt
    ? `Auto abort timer: active on install_activate, time before rollback - ${clock(install.abortsAt.getTime() - now.getTime())}`
    : 'Auto abort timer: inactive';
  return `[ Switch 1 ] Installed Package(s) Information:
State (St): I - Inactive, U - Activated & Uncommitted,
            C - Activated & Committed, D - Deactivated & Uncommitted
${RULE}
Type  St   Filename/Version
${RULE}
${rows.join('\n')}

${RULE}
${timer}
${RULE}
`;
}

function clock(milliseconds: number): string {
  const seconds = Math.max(0, Math.floor(milliseconds / 1000));
  const two = (value: number) => String(value).padStart(2, '0');
  return `${two(Math.floor(seconds / 3600))}:${two(Math.floor(seconds / 60) % 60)}:${two(seconds % 60)}`;
}

export function showInstallLog({ install }: SwitchModel): string {
  return install.log.join('\n');
}

export function showInstallRollback({ install }: SwitchModel): string {
  const rows = install.points.map((point) => `${String(point.id).padEnd(4)}No Label       No Description`).reverse();
  return `ID  Label          Description\n${RULE}\n${rows.join('\n')}\n`;
}

export function showCdpNeighbours(model: SwitchModel, now = new Date()): string {
  const rows = model.neighbours.map((one, index) => {
    // The hold time runs down between two messages of the neighbour, so no two outputs are the same.
    const holdTime = 179 - ((Math.floor(now.getTime() / 100) + index * 13) % 60);
    return `${one.device.padEnd(17)}${one.localInterface.padEnd(18)}${String(holdTime).padEnd(15)}S I   ${one.platform.padEnd(10)}${one.port}`;
  });
  return `Capability Codes: R - Router, T - Trans Bridge, B - Source Route Bridge
                  S - Switch, H - Host, I - IGMP, r - Repeater, P - Phone, 
                  D - Remote, C - CVTA, M - Two-port Mac Relay 

Device ID        Local Intrfce     Holdtme    Capability  Platform  Port ID
${rows.join('\n')}

Total cdp entries displayed : ${rows.length}
`;
}

export function showIpInterfaceBrief({ options }: SwitchModel): string {
  const rows = options.interfaces.map((one) => {
    const status = one.up ? 'up' : 'down';
    const address = one.address ?? 'unassigned';
    return `${one.name.padEnd(23)}${address.padEnd(16)}YES ${(one.address ? 'NVRAM' : 'unset').padEnd(7)}${status.padEnd(22)}${status.padEnd(8)}`;
  });
  return `Interface              IP-Address      OK? Method Status                Protocol\n${rows.join('\n')}\n`;
}

export function showIpRouteSummary({ options }: SwitchModel): string {
  const connected = options.interfaces.filter((one) => one.address !== null && one.up).length;
  const row = (source: string, ...counts: number[]): string =>
    [source.padEnd(16), ...counts.map((count) => String(count).padEnd(12))].join('').trimEnd();
  return `IP routing table name is default (0x0)
IP routing table maximum-paths is 32
Route Source    Networks    Subnets     Replicates  Overhead    Memory (bytes)
${row('application', 0, 0, 0, 0, 0)}
${row('connected', 0, connected * 2, 0, connected * 192, connected * 608)}
${row('static', 1, 0, 0, 96, 304)}
${row('Total', 1, connected * 2, 0, connected * 192 + 96, connected * 608 + 304)}
`;
}

export function showRunningConfig(model: SwitchModel): string {
  return `Building configuration...

Current configuration : 8411 bytes
!
version ${unpadded(model.install.running).split('.').slice(0, 2).join('.')}
!
hostname ${model.hostname}
!
username ${model.options.username} privilege 1 secret 9 $9$hidden
!
${model.scpServer ? 'ip scp server enable\n!\n' : ''}${model.options.interfaces.map((one) => `interface ${one.name}\n!`).join('\n')}
end
`;
}

export function showConfigurationDifferences(model: SwitchModel): string {
  if (!model.configurationModified) return '!No changes were found\n';
  return `!Contextual Config Diffs:\n+interface GigabitEthernet1/0/3\n +description changed by hand\n`;
}

export function showLogging(now = new Date()): string {
  return `Syslog logging: enabled (0 messages dropped, 0 messages rate-limited, 0 flushes)
    Console logging: level debugging, 42 messages logged
    Buffer logging:  level debugging, 42 messages logged

Log Buffer (4096 bytes):

*${iosDate(now).slice(4, 19)}.000: %SYS-5-RESTART: System restarted --
`;
}
