import type { ServerChannel } from 'ssh2';
import { setImmediate as turn, setTimeout as wait } from 'node:timers/promises';
import type { EmulatorFaults } from './emulator-options.js';

const MORE = ' --More-- ';
const PAGE_LINES = 24;
/** Every so many pieces of output one log message, so that a run with noise is the same every time. */
const NOISE_EVERY = 4;

/** The client has gone; whatever waits for its keys ends. */
export class SessionEnded extends Error {}

type Key = string;

/** The line side of a session: echo, editing, pager and the faults that spoil the output. */
export class Terminal {
  /** Lines of a page; 0 is `terminal length 0`. */
  length = PAGE_LINES;
  private keys: Key[] = [];
  private waiting: { resolve: (key: Key) => void; reject: (error: Error) => void } | null = null;
  private ended = false;
  private queue: Promise<void> = Promise.resolve();
  private pieces = 0;
  private cut = 0;

  constructor(
    private readonly channel: ServerChannel,
    private readonly faults: EmulatorFaults,
  ) {
    channel.on('data', (data: Buffer) => {
      this.keys.push(...data.toString('latin1'));
      this.deliver();
    });
    channel.on('close', () => this.end());
    channel.on('error', () => this.end());
  }

  get isClosed(): boolean {
    return this.ended;
  }

  end(): void {
    this.ended = true;
    this.waiting?.reject(new SessionEnded());
    this.waiting = null;
  }

  /** Text without paging; newlines become what a terminal wants. Never fails, also when nobody is there any more. */
  async print(text: string): Promise<void> {
    const noisy = this.faults.syslogNoise ? this.withNoise(text) : text;
    const wire = noisy.replace(/\n/g, '\r\n');
    this.queue = this.queue.then(() => this.emit(wire));
    await this.queue;
  }

  async println(text = ''): Promise<void> {
    await this.print(`${text}\n`);
  }

  /** Output of a command, page by page unless paging is off. */
  async page(text: string): Promise<void> {
    const lines = text.replace(/\n$/, '').split('\n');
    if (this.length === 0 && !this.faults.syslogNoise) return this.println(lines.join('\n'));
    let room = this.length - 1;
    for (const line of lines) {
      if (this.length > 0 && room === 0) {
        const key = await this.more();
        if (key === 'q' || key === '\x03') return;
        room = key === '\r' || key === '\n' ? 1 : this.length - 1;
      }
      await this.println(line);
      room -= 1;
    }
  }

  /** One line of input with its echo. `^C` gives an empty line. */
  async line(prompt: string, isShown = true): Promise<string> {
    await this.print(prompt);
    let text = '';
    // What was typed ahead is echoed at once; a packet for each key would cost more than the commands themselves.
    let echo = '';
    for (;;) {
      if (this.keys.length === 0 && echo !== '') {
        await this.print(echo);
        echo = '';
      }
      const key = await this.key();
      if (key === '\x03') text = '';
      if (key === '\r' || key === '\n' || key === '\x03') break;
      if (key === '\b' || key === '\x7f') {
        if (text !== '' && isShown) echo += '\b \b';
        text = text.slice(0, -1);
      } else if (key === '\x15') {
        text = '';
      } else {
        // Ctrl-V takes the next key as it is; so a question mark gets into a URL.
        const literal = key === '\x16' ? await this.key() : key;
        text += literal;
        if (isShown) echo += literal;
      }
    }
    await this.print(`${echo}\n`);
    return text;
  }

  /** A question one key answers, such as `[confirm]`. */
  async confirm(question: string): Promise<boolean> {
    await this.print(question);
    const key = await this.key();
    await this.println(key === '\r' || key === '\n' ? '' : key);
    return key === '\r' || key === '\n' || key.toLowerCase() === 'y';
  }

  async key(): Promise<Key> {
    const ready = this.keys.shift();
    if (ready !== undefined) return ready;
    if (this.ended) throw new SessionEnded();
    return new Promise((resolve, reject) => (this.waiting = { resolve, reject }));
  }

  private deliver(): void {
    if (!this.waiting || this.keys.length === 0) return;
    const { resolve } = this.waiting;
    this.waiting = null;
    resolve(this.keys.shift() ?? '');
  }

  private async more(): Promise<Key> {
    await this.print(MORE);
    const key = await this.key();
    await this.print('\b'.repeat(MORE.length) + ' '.repeat(MORE.length) + '\b'.repeat(MORE.length));
    return key;
  }

  /** Between lines and after prompts and questions, never inside an echo: that is how a real box does it. */
  private withNoise(text: string): string {
    if (text.length > 1) this.pieces += 1;
    if (text.length === 1 || this.pieces % NOISE_EVERY !== 0 || !/[\n#>?\]]\s*$/.test(text)) return text;
    const stamp = new Date().toISOString().slice(11, 23);
    const message = `*Nov 21 ${stamp}: %LINEPROTO-5-UPDOWN: Line protocol on Interface Gi1/0/3, changed state to up`;
    return text.endsWith('\n') ? `${text}${message}\n` : `${text}\n${message}\n`;
  }

  private async emit(wire: string): Promise<void> {
    if (this.ended) return;
    if (!this.faults.randomChunks) return this.send(wire);
    for (let at = 0; at < wire.length;) {
      this.cut = (this.cut * 31 + 7) % 61;
      const size = 1 + (this.cut % 23);
      await this.send(wire.slice(at, at + size));
      await turn();
      at += size;
    }
  }

  private async send(piece: string): Promise<void> {
    if (this.faults.slowOutputMs > 0) await wait(this.faults.slowOutputMs, undefined, { ref: false });
    if (!this.ended) this.channel.write(Buffer.from(piece, 'latin1'));
  }
}
