import type { Wire } from '../../tasks/api/task.view.js';
import type { BootHostRecord } from '../../records/boot-host.entity.js';

/** All eight keys, always: the CLI's table indexes each. */
export function toNodeView(host: BootHostRecord): Wire {
  return {
    hostname: host.hostname,
    memory: host.memory,
    cpu_count: host.cpuCount,
    status_name: host.statusName,
    boot_mac: host.bootMac,
    power_state: host.powerState,
    power_address: host.powerAddress,
    boot_ip: host.bootIp,
  };
}
