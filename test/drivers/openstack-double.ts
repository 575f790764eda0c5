import { createHash, randomUUID } from 'node:crypto';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';

/** How one answer goes wrong. The first fault that fits a request is used up by it. */
export interface Fault {
  readonly method?: string;
  readonly path: RegExp;
  readonly times?: number;
  readonly status?: number;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string;
  readonly delayMs?: number;
  /** The act is done, and the connection cut instead of (or in the middle of) an answer. */
  readonly cut?: 'before' | 'middle';
  /** Never answers. */
  readonly hang?: boolean;
}

export interface Call {
  readonly method: string;
  readonly path: string;
  readonly query: URLSearchParams;
  readonly headers: IncomingMessage['headers'];
  readonly body: string;
}

interface Instance {
  readonly id: string;
  status: string;
  task: string | null;
  /** Questions about it until it is up. */
  boots: number;
  /** Questions about it until it is gone; null: it stays. */
  ends: number;
  readonly spec: Record<string, unknown>;
  fault?: { message: string };
}

interface Image {
  readonly id: string;
  status: string;
  size: number | null;
  checksum: string | null;
  readonly spec: Record<string, unknown>;
}

interface FloatingIp {
  readonly id: string;
  readonly floating_ip_address: string;
  readonly port_id: string;
  readonly description: string;
}

type Reply = readonly [status: number, body?: unknown, headers?: Record<string, string>];

export const USER = { name: 'pool', password: 'a pass:word "of" ☂', project: 'ci' };
const PUBLIC = '7d1f6a9e-0000-4000-8000-000000000001';
const PRIVATE = '7d1f6a9e-0000-4000-8000-000000000002';

/**
 * A cloud's APIs in one process, on a real socket: Keystone v3, Glance v2, Nova v2.1 and Neutron v2.0 as far as a pool uses
 * them. It keeps state and can misbehave. It shows how our client behaves on the wire, not how a cloud does.
 */
export class OpenStackDouble {
  readonly calls: Call[] = [];
  readonly faults: Fault[] = [];
  readonly tokens = new Set<string>();
  readonly servers = new Map<string, Instance>();
  readonly images = new Map<string, Image>();
  readonly floatingIps = new Map<string, FloatingIp>();
  flavors = [
    { id: 'f3', name: 'large', ram: 16_384 },
    { id: 'f1', name: 'small', ram: 2_048 },
    { id: 'f2', name: 'standard fast', ram: 8_192 },
    { id: 'f4', name: 'standard', ram: 8_192 },
  ];
  boots = 1;
  ends = 1;
  /** A server that is to end badly. */
  bootError: string | null = null;
  maxServers = 100;
  pageSize = 100;
  /** Where servers are: their addresses. */
  fixedAddress = '10.0.0.5';
  stored: { readonly bytes: number; readonly chunks: number } | null = null;
  private readonly sockets = new Set<Socket>();
  private counter = 0;

  private constructor(private readonly server: Server) {}

  static async start(): Promise<OpenStackDouble> {
    const server = createServer((request, response) => void double.serve(request, response));
    const double: OpenStackDouble = new OpenStackDouble(server);
    server.on('connection', (socket) => {
      double.sockets.add(socket);
      socket.on('close', () => double.sockets.delete(socket)).on('error', () => undefined);
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    return double;
  }

  get url(): string {
    return `http://127.0.0.1:${(this.server.address() as AddressInfo).port}`;
  }

  async close(): Promise<void> {
    for (const socket of this.sockets) socket.destroy();
    await new Promise((resolve) => this.server.close(resolve));
  }

  callsTo(method: string, path: RegExp): Call[] {
    return this.calls.filter((call) => call.method === method && path.test(call.path));
  }

  private async serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const url = new URL(request.url ?? '/', this.url);
    const method = request.method ?? '';
    const fault = this.takeFault(method, url.pathname);
    if (fault?.hang) return;
    const body = await this.bodyOf(request, url.pathname);
    if (body === null) return;
    this.calls.push({ method, path: url.pathname, query: url.searchParams, headers: request.headers, body });
    if (fault?.delayMs) await new Promise((resolve) => setTimeout(resolve, fault.delayMs));
    const isAnswered = fault?.status !== undefined || fault?.body !== undefined;
    const reply: Reply = isAnswered ? [fault.status ?? 200, fault.body ?? ''] : this.reply(method, url, request, body);
    this.answer(response, reply, fault);
  }

  private answer(response: ServerResponse, [status, body, headers]: Reply, fault: Fault | undefined): void {
    if (fault?.cut === 'before') return void response.socket?.destroy();
    const text = typeof body === 'string' ? body : body === undefined ? '' : JSON.stringify(body);
    response.writeHead(status, {
      'content-length': Buffer.byteLength(text),
      ...(status !== 204 && { 'content-type': 'application/json' }),
      ...headers,
      ...fault?.headers,
    });
    if (fault?.cut !== 'middle') return void response.end(text);
    response.write(text.slice(0, Math.floor(text.length / 2)));
    setTimeout(() => response.socket?.destroy(), 20);
  }

  private takeFault(method: string, path: string): Fault | undefined {
    const index = this.faults.findIndex((fault) => (fault.method ?? method) === method && fault.path.test(path));
    const fault = this.faults[index];
    if (!fault) return undefined;
    const left = (fault.times ?? 1) - 1;
    if (left > 0) this.faults[index] = { ...fault, times: left };
    else this.faults.splice(index, 1);
    return fault;
  }

  /** Null: the client went away. An image's bytes are counted, not kept. */
  private async bodyOf(request: IncomingMessage, path: string): Promise<string | null> {
    const hash = createHash('md5');
    const kept: Buffer[] = [];
    let [bytes, chunks] = [0, 0];
    const isFile = path.endsWith('/file');
    try {
      for await (const chunk of request as AsyncIterable<Buffer>) {
        [bytes, chunks] = [bytes + chunk.length, chunks + 1];
        hash.update(chunk);
        if (!isFile) kept.push(chunk);
      }
    } catch {
      return null;
    }
    if (isFile) this.stored = { bytes, chunks };
    return isFile ? hash.digest('hex') : Buffer.concat(kept).toString('utf8');
  }

  private reply(method: string, url: URL, request: IncomingMessage, body: string): Reply {
    const [, service, version, ...path] = url.pathname.split('/').map(decodeURIComponent);
    const route = `${method} ${service}/${version}`;
    if (route === 'POST identity/v3') return this.logIn(JSON.parse(body) as Login);
    if (!this.tokens.has(String(request.headers['x-auth-token']))) return [401, { error: { message: 'no token' } }];
    const input = body.startsWith('{') ? (JSON.parse(body) as Record<string, unknown>) : {};
    switch (`${service}/${version}`) {
      case 'compute/v2.1':
        return this.compute(method, path, url, input);
      case 'image/v2':
        return this.image(method, path, url, input, body);
      case 'network/v2.0':
        return this.network(method, path, url, input);
      default:
        return [404, 'no such service'];
    }
  }

  private logIn({ auth }: Login): Reply {
    const { user } = auth.identity.password;
    const isKnown = user.name === USER.name && user.password === USER.password && user.domain.id === 'default';
    if (!isKnown) return [401, { error: { message: `The password ${user.password} is wrong`, code: 401 } }];
    if (auth.scope.project.name !== USER.project) return [401, { error: { message: 'no such project' } }];
    const token = `token-${randomUUID()}`;
    this.tokens.add(token);
    const at = (type: string, path: string, extra = {}) => ({
      type,
      name: type,
      endpoints: [
        { interface: 'internal', region_id: 'one', url: 'http://127.0.0.1:1/never' },
        { interface: 'public', region_id: 'one', region: 'one', url: `${this.url}/${path}`, ...extra },
      ],
    });
    const catalog = [at('image', 'image/'), at('compute', 'compute/v2.1'), at('network', 'network')];
    const expires = new Date(Date.now() + 3_600_000).toISOString();
    return [201, { token: { catalog, expires_at: expires } }, { 'x-subject-token': token }];
  }

  private compute(method: string, [kind, id, action]: string[], url: URL, input: Record<string, unknown>): Reply {
    if (method === 'GET' && kind === 'flavors') return this.page(this.flavors, 'flavors', url);
    if (method === 'GET' && id === 'detail') {
      return this.page(
        [...this.servers.values()].map((server) => this.show(server)),
        'servers',
        url,
      );
    }
    if (method === 'POST' && id === undefined) return this.createServer(input['server'] as Record<string, unknown>);
    const server = this.servers.get(id ?? '');
    if (!server) return [404, { itemNotFound: { code: 404, message: 'Instance could not be found.' } }];
    if (method === 'DELETE') return this.deleteServer(server);
    if (method === 'GET') return this.lookAt(server);
    if (action === 'action') return this.snapshot(input['createImage'] as Record<string, unknown>);
    return [404, ''];
  }

  private createServer(spec: Record<string, unknown>): Reply {
    if (this.servers.size >= this.maxServers) {
      return [
        403,
        { forbidden: { code: 403, message: 'Quota exceeded for instances: Requested 1, but already used all' } },
      ];
    }
    const zone = spec['availability_zone'];
    if (zone === 'nowhere') return [400, { badRequest: { code: 400, message: 'The requested zone is not available' } }];
    const id = randomUUID();
    this.servers.set(id, { id, status: 'BUILD', task: 'spawning', boots: this.boots, ends: -1, spec });
    return [202, { server: { id, links: [], adminPass: 'secret of the server' } }];
  }

  private lookAt(server: Instance): Reply {
    if (server.task === 'deleting') {
      server.ends -= 1;
      if (server.ends < 0) {
        this.servers.delete(server.id);
        return [404, { itemNotFound: { message: 'gone' } }];
      }
    } else if (server.status === 'BUILD' && --server.boots < 0) {
      server.status = this.bootError === null ? 'ACTIVE' : 'ERROR';
      server.task = null;
      if (this.bootError !== null) server.fault = { message: this.bootError };
    }
    return [200, { server: this.show(server) }];
  }

  private deleteServer(server: Instance): Reply {
    server.task = 'deleting';
    server.ends = this.ends;
    return [204];
  }

  private show(server: Instance): Record<string, unknown> {
    const floating = [...this.floatingIps.values()].filter((ip) => ip.port_id === `port-${server.id}`);
    const addresses = [
      { addr: this.fixedAddress, version: 4, 'OS-EXT-IPS:type': 'fixed' },
      ...floating.map((ip) => ({ addr: ip.floating_ip_address, version: 4, 'OS-EXT-IPS:type': 'floating' })),
    ];
    return {
      id: server.id,
      name: server.spec['name'],
      status: server.status,
      metadata: server.spec['metadata'],
      addresses: server.status === 'ACTIVE' ? { private: addresses } : {},
      accessIPv4: '',
      fault: server.fault,
      'OS-EXT-STS:task_state': server.task,
      'OS-EXT-AZ:availability_zone': server.spec['availability_zone'] ?? 'nova',
    };
  }

  private snapshot(wish: Record<string, unknown>): Reply {
    const id = randomUUID();
    const spec = { ...(wish['metadata'] as object), name: wish['name'] };
    this.images.set(id, { id, status: 'queued', size: null, checksum: null, spec });
    return [202, undefined, { location: `${this.url}/image/v2/images/${id}` }];
  }

  private image(method: string, path: string[], url: URL, input: Record<string, unknown>, md5: string): Reply {
    const [, id, file] = path;
    if (method === 'POST') return this.createImage(input);
    if (method === 'GET' && id === undefined) return this.listImages(url);
    const image = this.images.get(id ?? '');
    if (!image) return [404, '<html><head><title>404 Not Found</title></head><body>No image found</body></html>'];
    if (method === 'PUT' && file === 'file') {
      Object.assign(image, { status: 'active', size: this.stored?.bytes, checksum: md5 });
      return [204];
    }
    if (method === 'DELETE') {
      this.images.delete(image.id);
      return [204];
    }
    return [200, showImage(image)];
  }

  private createImage(spec: Record<string, unknown>): Reply {
    const id = randomUUID();
    this.images.set(id, { id, status: 'queued', size: null, checksum: null, spec });
    return [201, showImage(this.images.get(id)!)];
  }

  private listImages(url: URL): Reply {
    const [name, status] = ['name', 'status'].map((key) => url.searchParams.get(key));
    const found = [...this.images.values()]
      .filter((image) => name === null || image.spec['name'] === name)
      .filter((image) => status === null || image.status === status)
      .reverse();
    return this.page(found.map(showImage), 'images', url);
  }

  private network(method: string, [kind, id]: string[], url: URL, input: Record<string, unknown>): Reply {
    const query = (name: string) => url.searchParams.get(name);
    if (kind === 'networks') {
      const all = [
        { id: PUBLIC, name: 'public' },
        { id: PRIVATE, name: 'inner net' },
      ];
      return [200, { networks: all.filter(({ name }) => name === query('name')) }];
    }
    if (kind === 'ports') {
      const server = this.servers.get(query('device_id') ?? '');
      return [200, { ports: server?.status === 'ACTIVE' ? [{ id: `port-${server.id}` }] : [] }];
    }
    if (method === 'POST') return this.createFloatingIp(input['floatingip'] as Record<string, string>);
    if (method === 'DELETE')
      return this.floatingIps.delete(id ?? '') ? [204] : [404, { NeutronError: { message: 'gone' } }];
    const found = [...this.floatingIps.values()].filter((ip) => ip.port_id === query('port_id'));
    return [200, { floatingips: found }];
  }

  private createFloatingIp(wish: Record<string, string>): Reply {
    if (wish['floating_network_id'] !== PUBLIC) return [400, { NeutronError: { message: 'not an external network' } }];
    const ip = {
      id: randomUUID(),
      floating_ip_address: `203.0.113.${(this.counter += 1)}`,
      port_id: wish['port_id']!,
      description: wish['description'] ?? '',
    };
    this.floatingIps.set(ip.id, ip);
    return [201, { floatingip: ip }];
  }

  /** By marker, each service with its own way of saying that there is more. */
  private page(all: readonly Record<string, unknown>[], name: string, url: URL): Reply {
    const marker = url.searchParams.get('marker');
    const from = marker === null ? 0 : all.findIndex((each) => each['id'] === marker) + 1;
    const items = all.slice(from, from + this.pageSize);
    const isLast = from + this.pageSize >= all.length;
    if (isLast) return [200, { [name]: items }];
    const next = `/v2/images?marker=${String(items.at(-1)?.['id'])}`;
    // Links as behind a proxy that knows another host: nobody may follow them.
    const links = [{ rel: 'next', href: `http://inside.invalid${next}` }];
    return [200, { [name]: items, ...(name === 'images' ? { next } : { [`${name}_links`]: links }) }];
  }
}

interface Login {
  readonly auth: {
    readonly identity: {
      readonly password: { readonly user: { name: string; password: string; domain: { id?: string } } };
    };
    readonly scope: { readonly project: { name?: string } };
  };
}

function showImage({ id, status, size, checksum, spec }: Image): Record<string, unknown> {
  return {
    visibility: 'private',
    ...spec,
    id,
    status,
    size,
    checksum,
    owner: 'the project',
    tags: [],
    protected: false,
  };
}
