import { type ClientRequest, type IncomingMessage, request as httpRequest } from 'node:http';

export interface SeenEvent {
  readonly id: number;
  readonly event: string;
  readonly data: Record<string, unknown> & { readonly type: string; readonly data: Record<string, unknown> };
}

/** A client of the event stream that reads as an `EventSource` does, and can stop reading. */
export class EventClient {
  readonly events: SeenEvent[] = [];
  /** The last `id:` there was, with an event or without. */
  lastId = '';
  comments = 0;
  closed = false;
  private rest = '';

  private constructor(
    private readonly outgoing: ClientRequest,
    readonly incoming: IncomingMessage,
  ) {}

  static open(url: string, token: string, path = '', headers: Record<string, string> = {}): Promise<EventClient> {
    return new Promise((resolve, reject) => {
      const outgoing = httpRequest(`${url}/fleet/v1/events${path}`, {
        headers: { authorization: `Token ${token}`, accept: 'text/event-stream', ...headers },
        agent: false,
      });
      outgoing.once('error', reject);
      outgoing.once('response', (incoming) => {
        const client = new EventClient(outgoing, incoming);
        incoming.setEncoding('utf8');
        incoming.on('data', (text: string) => client.read(text));
        for (const end of ['close', 'error', 'end']) incoming.on(end, () => (client.closed = true));
        resolve(client);
      });
      outgoing.end();
    });
  }

  get types(): string[] {
    return this.events.map(({ event }) => event);
  }

  close(): void {
    this.outgoing.destroy();
  }

  /** Waits until `is` holds of what was seen. */
  async until(is: (client: this) => boolean, withinMs = 40_000): Promise<this> {
    const end = Date.now() + withinMs;
    while (!is(this)) {
      if (Date.now() > end) throw new Error(`not seen in time; seen: ${this.types.slice(-40).join(' ')}`);
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
    return this;
  }

  private read(text: string): void {
    const blocks = (this.rest + text).split('\n\n');
    this.rest = blocks.pop()!;
    for (const block of blocks) this.readBlock(block);
  }

  private readBlock(block: string): void {
    const fields = new Map(
      block.split('\n').map((line) => {
        const colon = line.indexOf(':');
        return [line.slice(0, colon), line.slice(colon + 1).trimStart()] as const;
      }),
    );
    if (fields.has('')) this.comments += 1;
    this.lastId = fields.get('id') ?? this.lastId;
    const data = fields.get('data');
    if (data === undefined) return;
    this.events.push({
      id: Number(fields.get('id')),
      event: fields.get('event')!,
      data: JSON.parse(data) as SeenEvent['data'],
    });
  }
}
