import type { SimulatedHost } from './simulated-host.js';

/** Where the simulation keeps what real machines are: outside this process, so that it survives a restart. */
export abstract class SimulatedHostsStore {
  /** `change` sees the host as it is, or null; what it returns is kept, unless it is null. One at a time for each host. */
  abstract change(
    hostname: string,
    change: (host: SimulatedHost | null) => SimulatedHost | null,
  ): Promise<SimulatedHost | null>;
}
