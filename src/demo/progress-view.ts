import cliProgress, { type MultiBar, type SingleBar } from 'cli-progress';
import { stepText, type BatchKind, type UpgradeRow } from './upgrade-rows.js';

/** Shows upgrades while they run. */
export interface ProgressView {
  show(rows: readonly UpgradeRow[]): void;
  close(): void;
}

type Output = NodeJS.WritableStream & { readonly isTTY?: boolean };

/** Bars that move where there is a terminal, a line for each change where there is none. */
export function progressView(out: Output): ProgressView {
  return out.isTTY === true ? new BarsView(out) : new LinesView(out);
}

const NAME_WIDTH = 10;
const STATUS_WIDTH = 12;

const HEADINGS: Readonly<Record<BatchKind, string>> = {
  sequential: 'one by one, on schedule',
  parallel: 'all at once',
};

class BarsView implements ProgressView {
  private readonly bars = new Map<number, SingleBar>();
  private readonly headed = new Set<BatchKind>();
  private readonly all: MultiBar;

  constructor(stream: Output) {
    this.all = new cliProgress.MultiBar({
      stream,
      format: '  {name} {bar} {percent} {status} {step}',
      barCompleteChar: '█',
      barIncompleteChar: '░',
      barsize: 24,
      fps: 8,
      hideCursor: true,
      // Trims to the terminal's width: a line that wraps would spoil the table.
      linewrap: true,
      emptyOnZero: true,
      // Ctrl-C is the command's to handle.
      gracefulExit: false,
    });
  }

  show(rows: readonly UpgradeRow[]): void {
    for (const row of rows) {
      const cells = cellsOf(row);
      const bar = this.bars.get(row.job.id);
      if (bar) bar.update(row.job.progress, cells);
      else this.add(row, cells);
    }
  }

  /** Rows of one batch come one after the other: the first has the batch's heading above it. */
  private add(row: UpgradeRow, cells: object): void {
    if (!this.headed.has(row.batch)) {
      this.headed.add(row.batch);
      this.all.create(1, 0, {}, { format: ` ${HEADINGS[row.batch]}` });
    }
    this.bars.set(row.job.id, this.all.create(100, row.job.progress, cells));
  }

  close(): void {
    this.all.update();
    this.all.stop();
  }
}

class LinesView implements ProgressView {
  private readonly shown = new Map<number, string>();
  private readonly startedAt = Date.now();

  constructor(private readonly stream: Output) {}

  show(rows: readonly UpgradeRow[]): void {
    for (const row of rows) {
      const { name, percent, status, step } = cellsOf(row);
      const what = `${status}/${step}/${Math.floor(row.job.progress / 25)}`;
      if (this.shown.get(row.job.id) === what) continue;
      this.shown.set(row.job.id, what);
      const at = `${((Date.now() - this.startedAt) / 1000).toFixed(1).padStart(5)} s`;
      this.stream.write(`  ${at}  ${name} ${status} ${percent}  ${step}\n`);
    }
  }

  close(): void {}
}

function cellsOf(row: UpgradeRow) {
  return {
    name: row.job.device_hostname.padEnd(NAME_WIDTH),
    percent: `${String(row.job.progress).padStart(3)} %`,
    status: row.job.status.padEnd(STATUS_WIDTH),
    step: stepText(row),
  };
}
