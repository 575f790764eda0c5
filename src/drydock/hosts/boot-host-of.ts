import type { BootHost, HostSimulation } from '../../drivers/boot-host/boot-host.js';
import type { DesignNode } from '../designs/design.js';

const DEFAULT_ACT_MS = 1_000;
const LONGEST_ACT_MS = 3_600_000;

/** A node of a design as drivers know machines. */
export function bootHostOf(node: DesignNode): BootHost {
  const parameters: Readonly<Record<string, string>> = Object.fromEntries(node.oob.parameters);
  return {
    hostname: node.name,
    oobType: node.oob.type,
    oobAddress: parameters['address'] ?? parameters['redfish_address'] ?? addressOn(node, node.oob.network),
    account: node.oob.account,
    credential: node.oob.credential,
    parameters,
    bootMac: node.bootMac,
    bootIp: addressOn(node, node.primaryNetwork),
    simulation: simulationOf(parameters),
  };
}

function addressOn(node: DesignNode, network: string | null): string | null {
  return node.addresses.find((address) => address.network === network)?.ip ?? null;
}

/** How a simulated machine behaves: keys under `oob`, for demonstrations and tests. */
function simulationOf(parameters: Readonly<Record<string, string>>): HostSimulation {
  const actMs = Number(parameters['simulated_ms'] ?? DEFAULT_ACT_MS);
  const failures = Number(parameters['simulated_failures'] ?? Infinity);
  return {
    actMs: Number.isFinite(actMs) ? Math.min(Math.max(actMs, 0), LONGEST_ACT_MS) : DEFAULT_ACT_MS,
    failing: parameters['simulated_failing'] ?? null,
    failures: Number.isNaN(failures) ? Infinity : failures,
  };
}
