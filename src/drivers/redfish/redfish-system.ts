import type { HostFacts } from '../boot-host/boot-host.js';
import { DriverError } from '../device-driver.js';
import { isObject, linkAt, numberAt, textAt, type JsonObject } from './json-parts.js';
import { powerStateOf } from './power-plan.js';
import { SERVICE_ROOT, type RedfishSession } from './redfish-session.js';

const SYSTEMS = '/redfish/v1/Systems';
/** A machine with more of them has its boot address in the design. */
const MOST_INTERFACES = 16;

/** The path of the machine: the one the design names, or the only one there is. */
export async function findSystem(session: RedfishSession): Promise<string> {
  const { system } = session;
  if (system?.startsWith('/redfish/')) return system;
  const root = await session.get(SERVICE_ROOT);
  const members = membersOf((await session.get(linkAt(root.body, 'Systems') ?? SYSTEMS)).body);
  if (system !== null) {
    const found = members.find((path) => path.replace(/\/$/, '').split('/').at(-1) === system);
    if (found !== undefined) return found;
    throw new DriverError('unsupported', `${session.controller} has no machine that the design's oob.system names`);
  }
  const [only, ...others] = members;
  if (only !== undefined && others.length === 0) return only;
  const count = members.length;
  throw new DriverError('unsupported', `${session.controller} has ${count} machines: oob.system has to say which`);
}

/** What a machine's resource tells, as far as it does. */
export function systemFacts(system: JsonObject): Omit<HostFacts, 'powerAddress' | 'bootMac' | 'bootIp'> {
  const gib = numberAt(system, 'MemorySummary', 'TotalSystemMemoryGiB');
  const cpus =
    numberAt(system, 'ProcessorSummary', 'LogicalProcessorCount') ?? numberAt(system, 'ProcessorSummary', 'Count');
  const names = ['Manufacturer', 'Model', 'SerialNumber', 'SKU', 'UUID', 'BiosVersion', 'HostName'] as const;
  return {
    power: powerStateOf(textAt(system, 'PowerState')),
    memoryMib: gib === null ? null : Math.round(gib * 1024),
    cpuCount: cpus === null ? null : Math.round(cpus),
    details: Object.fromEntries(
      [...names.map((name) => [name, textAt(system, name)]), ['Health', textAt(system, 'Status', 'Health')]].filter(
        ([, value]) => value !== null,
      ) as [string, string][],
    ),
  };
}

/** The address of the first interface that has one; null where the controller does not tell. */
export async function firstMac(session: RedfishSession, system: JsonObject): Promise<string | null> {
  const collection = linkAt(system, 'EthernetInterfaces');
  if (collection === null) return null;
  for (const path of membersOf((await session.get(collection)).body).slice(0, MOST_INTERFACES)) {
    const { body } = await session.get(path);
    const mac = textAt(body, 'MACAddress') ?? textAt(body, 'PermanentMACAddress');
    if (mac !== null && /^[0-9a-f]{2}([:-][0-9a-f]{2}){5}$/i.test(mac)) return mac.toLowerCase().replaceAll('-', ':');
  }
  return null;
}

function membersOf(collection: JsonObject): string[] {
  const { Members: members } = collection;
  return (Array.isArray(members) ? members : [])
    .filter(isObject)
    .map((member) => linkAt(member))
    .filter((path) => path !== null);
}
