import { createHash } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import { DriverError } from '../device-driver.js';

/** How a simulated node behaves: a node's `simulation` object. Strangers in it are ignored. */
export interface NodeSimulation {
  /** Milliseconds of one tick (default: Nailgun's second); `step_ms` is another name for it. */
  readonly tick_ms?: unknown;
  readonly step_ms?: unknown;
  /** `true`, or the one action that fails. */
  readonly fail?: unknown;
  /** Never comes to an end by itself. */
  readonly hang?: unknown;
  /** Nodes of the same seed gain the same percents. */
  readonly seed?: unknown;
}

const DEFAULT_TICK_MS = 1_000;
const LONGEST_TICK_MS = 60_000;
/** It has begun before it fails. */
const FAILING_TICK = 2;

/**
 * Nailgun's own simulator (spec fuel section 5: 20 to 30 percent with each tick), for one piece of work on one node.
 * Only deploying and provisioning take time. It has no memory: `from` is the part that was done already, 0..1, and the caller keeps it.
 */
export async function simulateNode(
  node: { readonly id: number; readonly simulation: NodeSimulation },
  action: string,
  from: number,
  io: { readonly signal: AbortSignal; progress(fraction: number): void },
): Promise<void> {
  const { fail, hang, seed } = node.simulation;
  const tickMs = tickOf(node.simulation);
  if (action !== 'deploy' && action !== 'provision') {
    if (fail === action) throw failure(action);
    return;
  }
  let percent = Math.floor(from * 100);
  for (let tick = 1; percent < 100; tick += 1) {
    if (tickMs > 0) await delay(tickMs, undefined, { signal: io.signal });
    else io.signal.throwIfAborted();
    if (tick >= FAILING_TICK && (fail === true || fail === action)) throw failure(action);
    if (tick >= FAILING_TICK && hang === true) await forever(io.signal);
    percent += gain(seed === undefined || seed === null ? node.id : JSON.stringify(seed), percent);
    io.progress(Math.min(percent, 100) / 100);
  }
}

function failure(action: string): DriverError {
  return new DriverError('command_rejected', `The simulated node was told to fail its ${action}`);
}

function tickOf({ tick_ms: tickMs, step_ms: stepMs }: NodeSimulation): number {
  const given = tickMs ?? stepMs;
  if (typeof given !== 'number' || !(given >= 0)) return DEFAULT_TICK_MS;
  return Math.min(given, LONGEST_TICK_MS);
}

/** 20 to 30, the same for the same seed and place: a resumed job gains what it would have gained. */
export function gain(seed: string | number, percent: number): number {
  return 20 + (createHash('sha256').update(`${seed}:${percent}`).digest().readUInt32BE(0) % 11);
}

function forever(signal: AbortSignal): Promise<never> {
  return new Promise((_resolve, reject) => {
    const give = () => reject(new DriverError('aborted', 'Given up while the simulated node hung'));
    if (signal.aborted) give();
    signal.addEventListener('abort', give, { once: true });
  });
}
