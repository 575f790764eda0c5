import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { json } from 'node:stream/consumers';

type Answer = (response: ServerResponse, request: IncomingMessage) => void | Promise<void>;

/** A Keystone that can be told to behave in any way. It keeps what it was asked. */
export class KeystoneDouble {
  readonly logins: unknown[] = [];
  readonly validations: { readonly serviceKey: string; readonly subject: string; readonly path: string }[] = [];
  /** How many validations were being worked on at the same time, at most. */
  mostAtOnce = 0;
  onLogin: Answer = (response) => this.giveServiceToken(response, `service-${this.logins.length}`);
  onValidate: Answer = (response) => answer(response, 200, tokenBody());
  private atOnce = 0;

  private constructor(private readonly server: Server) {}

  static async start(): Promise<KeystoneDouble> {
    const server = createServer();
    const double = new KeystoneDouble(server);
    server.on('request', (request, response) => void double.serve(request, response));
    await double.listen(0);
    return double;
  }

  get url(): string {
    return `http://127.0.0.1:${this.port}`;
  }

  private get port(): number {
    return (this.server.address() as AddressInfo).port;
  }

  async stop(): Promise<number> {
    const { port } = this;
    await new Promise((resolve) => {
      this.server.close(resolve);
      this.server.closeAllConnections();
    });
    return port;
  }

  async listen(port: number): Promise<void> {
    await new Promise<void>((resolve) => this.server.listen(port, '127.0.0.1', resolve));
  }

  giveServiceToken(response: ServerResponse, key: string, livesMs = 3_600_000): void {
    response.setHeader('X-Subject-Token', key);
    answer(response, 201, { token: { expires_at: new Date(Date.now() + livesMs).toISOString() } });
  }

  private async serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    if (request.method === 'POST') {
      this.logins.push(await json(request));
      return this.onLogin(response, request);
    }
    const { 'x-auth-token': serviceKey, 'x-subject-token': subject } = request.headers;
    this.validations.push({ serviceKey: String(serviceKey), subject: String(subject), path: request.url ?? '' });
    this.atOnce += 1;
    this.mostAtOnce = Math.max(this.mostAtOnce, this.atOnce);
    await this.onValidate(response, request);
    this.atOnce -= 1;
  }
}

export function answer(response: ServerResponse, status: number, body: unknown): void {
  response.writeHead(status, { 'content-type': 'application/json' });
  response.end(typeof body === 'string' ? body : JSON.stringify(body));
}

/** A token as Keystone describes it, with other fields where the test wants them. */
export function tokenBody(fields: Record<string, unknown> = {}): { token: Record<string, unknown> } {
  return {
    token: {
      methods: ['password'],
      user: { id: 'c0ffee', name: 'ann', domain: { id: 'default', name: 'Default' } },
      expires_at: new Date(Date.now() + 3_600_000).toISOString(),
      project: { id: 'p1', name: 'admin', domain: { id: 'default', name: 'Default' } },
      roles: [{ id: 'r1', name: 'member' }],
      ...fields,
    },
  };
}
