import type { SwitchModel } from './switch-model.js';
import type { FlashWriter } from './flash.js';

export type Written = 'ok' | 'dropped' | 'no_space';

/** One file that arrives by a copy, with the faults a copy may have. */
export class IncomingFile {
  private received = 0;
  private readonly writer: FlashWriter;
  private corrupted = false;

  constructor(
    private readonly model: SwitchModel,
    private readonly name: string,
    private readonly expected: number | null,
  ) {
    model.applySpaceFault();
    model.counters.copies += 1;
    this.writer = model.flash.create(name);
  }

  get size(): number {
    return this.received;
  }

  async write(chunk: Buffer): Promise<Written> {
    const { faults, counters, flash } = this.model;
    if (chunk.length > flash.freeBytes) return 'no_space';
    const start = this.received;
    this.received += chunk.length;
    counters.bytesReceived += chunk.length;
    await this.writer.write(this.spoil(this.keptOf(chunk, start)));
    if (this.isPast(faults.dropCopyAt, this.received)) {
      faults.dropCopyAt = null;
      return 'dropped';
    }
    return 'ok';
  }

  async end(): Promise<void> {
    await this.writer.end();
  }

  async remove(): Promise<void> {
    await this.writer.end();
    this.model.flash.delete(this.name);
  }

  private keptOf(chunk: Buffer, start: number): Buffer {
    const percent = this.model.faults.truncateCopyAt;
    if (percent === null || this.expected === null) return chunk;
    return chunk.subarray(0, Math.max(0, Math.floor((this.expected * percent) / 100) - start));
  }

  /** One flipped byte, at the end of the first piece: behind the header that names the version. */
  private spoil(chunk: Buffer): Buffer {
    if (!this.model.faults.corruptCopy || this.corrupted || chunk.length === 0) return chunk;
    this.corrupted = true;
    const spoilt = Buffer.from(chunk);
    spoilt[spoilt.length - 1] = (spoilt[spoilt.length - 1] ?? 0) ^ 0xff;
    return spoilt;
  }

  private isPast(percent: number | null, bytes: number): boolean {
    return percent !== null && this.expected !== null && bytes * 100 >= this.expected * percent;
  }
}
