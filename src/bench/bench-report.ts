import { table } from '../demo/upgrade-rows.js';

/** One measure: what came out, what it is compared with, and whether that is what is aimed at. */
export interface BenchRow {
  readonly measure: string;
  readonly measured: string;
  readonly baseline: string;
  /** Null where the measure is not a comparison. */
  readonly ratio: number | null;
  readonly aim: string;
  /** Null: shown for what it tells, with no aim. */
  readonly met: boolean | null;
  /** The figures behind the texts. */
  readonly figures: Readonly<Record<string, number | readonly number[]>>;
}

export function benchTable(rows: readonly BenchRow[]): string {
  const cells = rows.map(({ measure, measured, baseline, ratio, aim, met }) => [
    measure,
    measured,
    baseline,
    ratio === null ? '' : ratio.toFixed(2),
    aim,
    met === null ? '' : met ? 'met' : 'NOT MET',
  ]);
  return table([['measure', 'measured', 'baseline', 'ratio', 'aim', ''], ...cells], '');
}

export interface BenchResult {
  readonly size: 'quick' | 'full';
  readonly node: string;
  readonly cpus: number;
  readonly seconds: number;
  readonly rows: readonly BenchRow[];
}

export function benchJson(result: BenchResult): string {
  return `${JSON.stringify(result, null, 2)}\n`;
}

export function median(values: readonly number[]): number {
  const sorted = [...values].sort((one, other) => one - other);
  const middle = Math.floor(sorted.length / 2);
  const upper = sorted[middle] ?? Number.NaN;
  return sorted.length % 2 === 1 ? upper : ((sorted[middle - 1] ?? upper) + upper) / 2;
}

export function megabytes(bytes: number): string {
  return `${Math.round(bytes / 1024 / 1024)} MB`;
}

export function whole(value: number): string {
  return Math.round(value).toLocaleString('en-US');
}
