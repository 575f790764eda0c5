import { createServer, type IncomingHttpHeaders, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import { Webhook } from 'standardwebhooks';

export const SECRET = `whsec_${Buffer.alloc(32, 7).toString('base64')}`;

export interface Received {
  readonly id: string;
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
  readonly message: {
    readonly type: string;
    readonly timestamp: string;
    readonly data: { readonly seq: number; readonly batch_id: string; readonly job_id: number | null };
  };
}

/** Somebody's webhook endpoint, which verifies with the receivers' own library, and can be turned off and on. */
export class Receiver {
  readonly received: Received[] = [];
  /** Requests whose signature was not right. */
  readonly refused: string[] = [];
  /** Answers instead of 204 where it does not return undefined. */
  answer: (seen: Received, response: ServerResponse) => void | Promise<void> = (_seen, response) => {
    response.writeHead(204).end();
  };
  inFlight = 0;
  most = 0;
  private server: Server | null = null;
  private port = 0;

  constructor(public secret = SECRET) {}

  get url(): string {
    return `http://127.0.0.1:${this.port}/events/path-that-is-a-secret?k=v`;
  }

  async on(): Promise<this> {
    const server = createServer((request, response) => {
      this.inFlight += 1;
      this.most = Math.max(this.most, this.inFlight);
      response.once('close', () => (this.inFlight -= 1));
      void text(request).then(
        (body) => this.take(request.headers, body, response),
        () => response.destroy(),
      );
    });
    await new Promise<void>((resolve, reject) => {
      server.once('error', reject).listen(this.port, '127.0.0.1', resolve);
    });
    this.port = (server.address() as AddressInfo).port;
    this.server = server;
    return this;
  }

  async off(): Promise<void> {
    const { server } = this;
    this.server = null;
    if (!server) return;
    server.closeAllConnections();
    await new Promise<void>((resolve) => server.close(() => resolve()));
  }

  private async take(headers: IncomingHttpHeaders, body: string, response: ServerResponse): Promise<void> {
    try {
      new Webhook(this.secret).verify(body, headers as Record<string, string>);
    } catch (error) {
      this.refused.push(String(error));
      response.writeHead(401).end();
      return;
    }
    const seen = { id: String(headers['webhook-id']), headers, body, message: JSON.parse(body) as Received['message'] };
    await this.answer(seen, response);
    if (response.statusCode < 300 && response.headersSent) this.received.push(seen);
  }
}
