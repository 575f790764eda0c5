import { Writable } from 'node:stream';
import { sampleBatch, sampleWave } from '../../test/support/sample-batch.js';
import { batchProgress } from './batch-progress.js';

function output(isTTY: boolean) {
  const chunks: string[] = [];
  const stream = new Writable({
    write(chunk: Buffer, _encoding, done) {
      chunks.push(chunk.toString());
      done();
    },
  });
  // What a terminal has besides, for a library that draws on it.
  const terminal = { columns: 120, rows: 40, cursorTo: () => true, moveCursor: () => true, clearLine: () => true };
  return { stream: Object.assign(stream, { isTTY }, isTTY ? terminal : {}), text: () => chunks.join('') };
}

describe('the progress of a batch', () => {
  it('is a line for each change where there is no terminal', () => {
    const { stream, text } = output(false);
    const progress = batchProgress(stream);
    for (const percent of [0, 4, 4, 12]) progress.show(sampleBatch({ progress: percent }));
    progress.show(sampleBatch({ progress: 12, paused: true, paused_by: 'olga' }));
    progress.close();
    expect(text().trimEnd().split('\n')).toEqual([
      '0 %  running  3 targets: 1 succeeded, 2 running  wave 1: open, 2 targets',
      '12 %  running  3 targets: 1 succeeded, 2 running  wave 1: open, 2 targets',
      '12 %  paused by olga  3 targets: 1 succeeded, 2 running  wave 1: open, 2 targets',
    ]);
  });

  it('is bars on a terminal: one of all, one of each wave', () => {
    const { stream, text } = output(true);
    const progress = batchProgress(stream);
    progress.show(sampleBatch());
    progress.show(
      sampleBatch({
        progress: 100,
        outcome: 'succeeded',
        waves: [0, 1].map((wave) => sampleWave(wave, { status: 'done' })),
      }),
    );
    progress.close();
    expect(text()).toContain('█');
    expect(text()).toContain('succeeded, 3 targets');
    expect(text()).toContain('wave 1: done');
  });
});
