import type { Readable } from 'node:stream';
import type { ClientChannel } from 'ssh2';
import { assertSafeFilename, DriverError } from '../device-driver.js';
import type { SshConnection } from './ssh-connection.js';

export interface ScpSource {
  /** The name on the device. */
  readonly filename: string;
  readonly sizeBytes: number;
  /** Opened only when the device is ready to receive. */
  readonly read: () => Readable;
}

export interface ScpOptions {
  /** Longest silence of the device (default 60 s). */
  readonly idleMs?: number;
  readonly progress?: (done: number, total: number) => void;
}

/**
 * Uploads one file by the sink side of SCP: `scp -t <target>` (spec upgrade section 4.1). `target` becomes part of a
 * command line: the caller answers for it. A file that ends short is never confirmed, so the device sees it as broken.
 */
export async function scpPush(
  connection: SshConnection,
  target: string,
  source: ScpSource,
  options: ScpOptions = {},
): Promise<void> {
  const name = assertSafeFilename(source.filename.split('/').pop() ?? '');
  const channel = await connection.stream(`scp -t ${target}`);
  const sink = new ScpSink(connection, channel, options.idleMs ?? 60_000);
  try {
    await sink.answer('start');
    await sink.send(Buffer.from(`C0644 ${source.sizeBytes} ${name}\n`));
    await sink.answer('file header');
    await sendBytes(sink, source, options.progress);
    await sink.send(Buffer.from([0]));
    await sink.answer('end of file');
    await sink.finish();
  } finally {
    sink.release();
    channel.close();
  }
}

async function sendBytes(sink: ScpSink, source: ScpSource, progress: ScpOptions['progress']): Promise<void> {
  const stream = source.read();
  let done = 0;
  try {
    for await (const chunk of stream as AsyncIterable<Buffer>) {
      if (done + chunk.length > source.sizeBytes) throw brokenSource(source, `more than ${source.sizeBytes}`);
      await sink.send(chunk);
      done += chunk.length;
      progress?.(done, source.sizeBytes);
    }
  } finally {
    stream.destroy();
  }
  if (done !== source.sizeBytes) throw brokenSource(source, String(done));
}

function brokenSource(source: ScpSource, found: string): DriverError {
  return new DriverError(
    'transfer_interrupted',
    `The stored ${source.filename} has ${found} bytes, not ${source.sizeBytes}`,
  );
}

/** The talk with the other side: one byte 0 is yes; 1 or 2 and a line is an error. */
class ScpSink {
  private received = Buffer.alloc(0);
  private ended = false;
  private failure: DriverError | null = null;
  private wake: (() => void) | null = null;
  private readonly watch: { stop(): void };

  constructor(
    connection: SshConnection,
    private readonly channel: ClientChannel,
    private readonly idleMs: number,
  ) {
    this.watch = connection.onLost((error) => {
      this.failure ??= error;
      this.stir();
    });
    channel.on('data', (data: Buffer) => {
      this.received = Buffer.concat([this.received, data]);
      this.stir();
    });
    channel.stderr.on('data', (data: Buffer) => {
      this.failure ??= refusalOf(connection.redact(data.toString('utf8')));
      this.stir();
    });
    channel.on('drain', () => this.stir());
    channel.on('close', () => {
      this.ended = true;
      this.stir();
    });
  }

  /** Waits while the device takes no more: the whole image must not pile up in memory. */
  async send(data: Buffer): Promise<void> {
    this.throwRefusal();
    if (this.ended) throw interrupted();
    if (this.channel.write(data)) return;
    await this.until(() => !this.channel.writableNeedDrain, 'data');
  }

  async answer(to: string): Promise<void> {
    await this.until(() => this.received.length > 0, to);
    this.throwRefusal();
    if (this.received[0] !== 0) {
      throw new DriverError(
        'command_rejected',
        `SCP: unexpected answer to ${to}: ${JSON.stringify(this.received.toString('latin1', 0, 80))}`,
      );
    }
    this.received = this.received.subarray(1);
  }

  /** IOS writes the file out only when the channel is closed, so its end is awaited. */
  async finish(): Promise<void> {
    this.channel.end();
    await this.until(() => this.ended, 'close');
  }

  release(): void {
    this.watch.stop();
  }

  private async until(isSo: () => boolean, what: string): Promise<void> {
    while (!isSo()) {
      this.throwRefusal();
      if (this.ended) throw interrupted();
      await this.stirred(what);
    }
  }

  private stirred(what: string): Promise<void> {
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => {
        this.wake = null;
        reject(new DriverError('transfer_interrupted', `SCP: no answer to ${what} within ${this.idleMs / 1000} s`));
      }, this.idleMs);
      this.wake = () => {
        clearTimeout(timer);
        resolve();
      };
    });
  }

  private stir(): void {
    const wake = this.wake;
    this.wake = null;
    wake?.();
  }

  private throwRefusal(): void {
    const first = this.received[0];
    if (first === 1 || first === 2) throw refusalOf(this.received.toString('utf8', 1));
    if (this.failure) throw this.failure;
  }
}

function refusalOf(text: string): DriverError {
  const line = text.split('\n')[0]?.trim() ?? '';
  const isFull = /no space|not enough space|insufficient/i.test(line);
  return new DriverError(isFull ? 'no_space' : 'command_rejected', `SCP: ${line || 'refused'}`);
}

function interrupted(): DriverError {
  return new DriverError('transfer_interrupted', 'SCP: the device closed the channel before the file was through');
}
