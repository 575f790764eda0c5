import { cpus } from 'node:os';
import { BenchPlace } from './bench-place.js';
import type { BenchResult, BenchRow } from './bench-report.js';
import { FULL, QUICK } from './bench-sizes.js';
import { measureBigBatches } from './measures/big-batches.js';
import { measureBootData } from './measures/boot-data.js';
import { measureEventStreams } from './measures/event-streams.js';
import { measureKilledWorker } from './measures/killed-worker.js';
import { measureLists } from './measures/lists.js';
import { measureStatus } from './measures/status.js';
import { measureThroughput } from './measures/throughput.js';
import { measureWaiting } from './measures/waiting.js';

type Measure = (place: BenchPlace) => Promise<BenchRow | BenchRow[]>;

/** In this order: the large batches last, since all others would carry their rows along. */
export const MEASURES: Readonly<Record<string, Measure>> = {
  throughput: measureThroughput,
  status: measureStatus,
  'boot-data': measureBootData,
  'killed-worker': measureKilledWorker,
  'event-streams': measureEventStreams,
  'big-batches': measureBigBatches,
  waiting: measureWaiting,
  lists: measureLists,
};

export interface BenchOptions {
  readonly quick: boolean;
  readonly only: readonly string[];
  readonly signal: AbortSignal;
  say(text: string): void;
}

/** Runs the measures one after the other, each by itself; one that cannot be taken is a row that says so. */
export async function runBench({ quick, only, signal, say }: BenchOptions): Promise<BenchResult> {
  const startedAt = Date.now();
  const place = await BenchPlace.open(quick ? QUICK : FULL, signal);
  const rows: BenchRow[] = [];
  try {
    for (const [name, measure] of Object.entries(MEASURES)) {
      if (only.length > 0 && !only.includes(name)) continue;
      say(`${((Date.now() - startedAt) / 1000).toFixed(0).padStart(4)} s  ${name}`);
      rows.push(...[await measure(place).catch((error: unknown) => failedRow(name, error))].flat());
      signal.throwIfAborted();
      await place.stopChildren();
    }
  } finally {
    await place.close();
  }
  const seconds = (Date.now() - startedAt) / 1000;
  return { size: quick ? 'quick' : 'full', node: process.version, cpus: cpus().length, seconds, rows };
}

function failedRow(name: string, error: unknown): BenchRow {
  const message = error instanceof Error ? error.message : String(error);
  return { measure: name, measured: `failed: ${message}`, baseline: '', ratio: null, aim: '', met: false, figures: {} };
}
