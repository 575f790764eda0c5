import type { ServerChannel } from 'ssh2';
import { flashName } from './command-context.js';
import { IncomingFile } from './incoming-file.js';
import type { SwitchModel } from './switch-model.js';

const OK = Buffer.from([0]);

/** Reads a channel by bytes and by lines; null at its end. */
class ChannelReader {
  private buffered: Buffer = Buffer.alloc(0);
  private readonly source: AsyncIterator<Buffer>;

  constructor(channel: ServerChannel) {
    this.source = channel[Symbol.asyncIterator]() as AsyncIterator<Buffer>;
  }

  async line(): Promise<string | null> {
    for (;;) {
      const end = this.buffered.indexOf(10);
      if (end >= 0)
        return this.take(end + 1)
          .toString('utf8')
          .trimEnd();
      if (!(await this.fill())) return null;
    }
  }

  /** Some bytes, at most `limit`. */
  async some(limit: number): Promise<Buffer | null> {
    if (this.buffered.length === 0 && !(await this.fill())) return null;
    return this.take(Math.min(limit, this.buffered.length));
  }

  private take(length: number): Buffer {
    const taken = this.buffered.subarray(0, length);
    this.buffered = this.buffered.subarray(length);
    return taken;
  }

  private async fill(): Promise<boolean> {
    const next = await this.source.next().catch(() => null);
    if (!next || next.done) return false;
    this.buffered = this.buffered.length === 0 ? next.value : Buffer.concat([this.buffered, next.value]);
    return true;
  }
}

/** The receiving side of `scp -t <path>`: control line, bytes, and a zero byte after each. */
export async function receiveByScp(
  channel: ServerChannel,
  path: string,
  model: SwitchModel,
  drop: () => void,
): Promise<void> {
  const refuse = (reason: string) => finish(channel, 1, `\x01scp: ${reason}\n`);
  const target = flashName(path);
  if (target === null) return refuse(`${path}: No such file or directory`);
  const reader = new ChannelReader(channel);
  channel.write(OK);
  let control = await reader.line();
  // `scp -p` announces the times first.
  while (control?.startsWith('T')) {
    channel.write(OK);
    control = await reader.line();
  }
  const [, size, announced] = /^C[0-7]{4} (\d+) (.+)$/.exec(control ?? '') ?? [];
  if (size === undefined || announced === undefined) return refuse('protocol error');
  const name = target === '' ? announced : target;
  const file = new IncomingFile(model, name, Number(size));
  channel.write(OK);
  const outcome = await receiveBytes(reader, file, Number(size));
  if (outcome === 'dropped' || outcome === 'ended') {
    await file.end();
    return drop();
  }
  if (outcome === 'no_space') {
    await file.remove();
    return refuse(`flash:/${name}: No space left on device`);
  }
  await reader.some(1);
  await file.end();
  finish(channel, 0, OK);
}

async function receiveBytes(
  reader: ChannelReader,
  file: IncomingFile,
  size: number,
): Promise<'ok' | 'dropped' | 'no_space' | 'ended'> {
  for (let left = size; left > 0;) {
    const chunk = await reader.some(left);
    if (!chunk) return 'ended';
    const written = await file.write(chunk);
    if (written !== 'ok') return written;
    left -= chunk.length;
  }
  return 'ok';
}

function finish(channel: ServerChannel, code: number, last: Buffer | string): void {
  channel.write(last);
  channel.exit(code);
  channel.end();
}
