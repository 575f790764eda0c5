import type { BootDevice, HostSimulation } from '../boot-host.js';
import type { HostAct, HostLook, HostOrder, HostStatusName } from '../boot-host-driver.js';

/** What a simulated machine is, as it is kept: what it does at a moment follows from it and the clock. */
export interface SimulatedHost {
  readonly hostname: string;
  readonly power: 'on' | 'off';
  readonly bootDevice: BootDevice;
  /** What it was before its last act. */
  readonly statusBefore: HostStatusName;
  readonly act: HostAct | null;
  readonly orderId: string | null;
  readonly actBeganAt: Date | null;
  readonly actEndsAt: Date | null;
  readonly actFails: string | null;
  /** Every act it was told to do, as `deploy <order>`. */
  readonly history: readonly string[];
}

interface ActWords {
  readonly begins: readonly HostStatusName[];
  readonly done: HostStatusName;
  readonly failed: HostStatusName;
}

const WORDS: Readonly<Record<HostAct, ActWords>> = {
  commission: { begins: ['Commissioning'], done: 'Ready', failed: 'Failed commissioning' },
  deploy: {
    begins: ['Allocated', 'Deploying', 'Deploying', 'Deploying'],
    done: 'Deployed',
    failed: 'Failed deployment',
  },
  release: { begins: ['Releasing'], done: 'Ready', failed: 'Releasing failed' },
};

export function newSimulatedHost(hostname: string): SimulatedHost {
  return {
    hostname,
    power: 'off',
    bootDevice: 'hdd',
    statusBefore: 'New',
    act: null,
    orderId: null,
    actBeganAt: null,
    actEndsAt: null,
    actFails: null,
    history: [],
  };
}

/** How far its last act is: 1 when it has none, or has come to its end. */
export function fractionOf({ act, actBeganAt, actEndsAt }: SimulatedHost, now: Date): number {
  if (act === null || !actBeganAt || !actEndsAt || now >= actEndsAt) return 1;
  const whole = actEndsAt.getTime() - actBeganAt.getTime();
  return Math.max(0, (now.getTime() - actBeganAt.getTime()) / whole);
}

export function statusNameOf(host: SimulatedHost, now: Date): HostStatusName {
  if (host.act === null) return host.statusBefore;
  const { begins, done, failed } = WORDS[host.act];
  const fraction = fractionOf(host, now);
  if (fraction < 1) return begins[Math.floor(fraction * begins.length)]!;
  return host.actFails === null ? done : failed;
}

/** What it says when it is asked about an order. */
export function lookAt(host: SimulatedHost, order: HostOrder, now: Date): HostLook {
  const fraction = fractionOf(host, now);
  const seen = { statusName: statusNameOf(host, now), power: host.power, fraction };
  if (host.orderId !== order.id || host.act !== order.act) {
    return { ...seen, state: 'untouched', message: `The simulated host was not told to ${order.act}`, fraction: 0 };
  }
  if (fraction < 1) return { ...seen, state: 'in_progress', message: `The simulated host is ${seen.statusName}` };
  if (host.actFails !== null) return { ...seen, state: 'failed', message: host.actFails };
  return { ...seen, state: 'done', message: `The simulated host is ${seen.statusName}` };
}

/** The host as it is from now on; null when it is still busy with another act. */
export function begun(
  host: SimulatedHost,
  order: HostOrder,
  simulation: HostSimulation,
  now: Date,
): SimulatedHost | null {
  if (fractionOf(host, now) < 1) return null;
  const earlier = host.history.filter((entry) => entry.startsWith(`${order.act} `)).length;
  const fails = simulation.failing === order.act && earlier < simulation.failures;
  return {
    ...host,
    statusBefore: statusNameOf(host, now),
    power: order.act === 'release' ? 'off' : 'on',
    act: order.act,
    orderId: order.id,
    actBeganAt: now,
    actEndsAt: new Date(now.getTime() + simulation.actMs),
    actFails: fails ? `The simulated host was told to fail its ${order.act}` : null,
    history: [...host.history, `${order.act} ${order.id}`],
  };
}
