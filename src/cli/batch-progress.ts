import cliProgress, { type MultiBar, type SingleBar } from 'cli-progress';
import { countsOf, stateOf, waveLine } from './batch-text.js';
import type { BatchDetailAnswer, WaveAnswer } from './batch-wire.js';

/** Shows a batch while it goes on. */
export interface BatchProgress {
  show(batch: BatchDetailAnswer): void;
  close(): void;
}

type Output = NodeJS.WritableStream & { readonly isTTY?: boolean };

/** Bars that move where there is a terminal, a line for each change where there is none. */
export function batchProgress(out: Output): BatchProgress {
  return out.isTTY === true ? new Bars(out) : new Lines(out);
}

class Bars implements BatchProgress {
  private readonly waves = new Map<number, SingleBar>();
  private readonly all: MultiBar;
  private total: SingleBar | null = null;

  constructor(stream: Output) {
    this.all = new cliProgress.MultiBar({
      stream,
      format: ' {bar} {percentage} %  {text}',
      barCompleteChar: '█',
      barIncompleteChar: '░',
      barsize: 24,
      fps: 8,
      hideCursor: true,
      linewrap: true,
      emptyOnZero: true,
      gracefulExit: false,
    });
  }

  show(batch: BatchDetailAnswer): void {
    this.total ??= this.all.create(100, 0, { text: '' });
    this.total.update(batch.progress, { text: `${stateOf(batch)}, ${countsOf(batch)}` });
    if (batch.waves.length < 2) return;
    for (const wave of batch.waves) {
      const bar = this.waves.get(wave.wave) ?? this.all.create(100, 0, { text: '' });
      this.waves.set(wave.wave, bar);
      bar.update(shareOf(wave), { text: waveLine(wave) });
    }
  }

  close(): void {
    this.all.update();
    this.all.stop();
  }
}

/** A wave says how its jobs ended only when all have: until then the batch's own bar is the one that moves. */
function shareOf({ status }: WaveAnswer): number {
  return status === 'done' || status === 'holding' ? 100 : 0;
}

class Lines implements BatchProgress {
  private last = '';

  constructor(private readonly stream: Output) {}

  show(batch: BatchDetailAnswer): void {
    const tenth = Math.floor(batch.progress / 10) * 10;
    const waves = batch.waves.length < 2 ? [] : batch.waves.filter(({ status }) => status !== 'pending').map(waveLine);
    const key = [stateOf(batch), tenth, ...waves].join('|');
    if (key === this.last) return;
    this.last = key;
    this.stream.write(`${[`${batch.progress} %`, stateOf(batch), countsOf(batch), ...waves.slice(-1)].join('  ')}\n`);
  }

  close(): void {}
}
