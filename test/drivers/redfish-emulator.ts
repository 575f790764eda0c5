import { randomUUID } from 'node:crypto';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import type { AddressInfo, Socket } from 'node:net';
import { text } from 'node:stream/consumers';

/** How one answer goes wrong. The first fault that fits a request is used up by it. */
export interface RedfishFault {
  readonly method?: string;
  readonly path: RegExp;
  readonly times?: number;
  readonly status?: number;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: unknown;
  /** The act is done, or not, and the connection cut instead of an answer, or in the middle of it. */
  readonly cut?: 'undone' | 'done' | 'middle';
  /** Never answers. */
  readonly hang?: boolean;
  /** It answers as if it did it. */
  readonly lie?: boolean;
}

export interface RedfishCall {
  readonly method: string;
  readonly path: string;
  readonly headers: IncomingMessage['headers'];
  readonly body: string;
}

type Reply = readonly [status: number, body?: unknown, headers?: Record<string, string>];

export const ACCOUNT = { account: 'root', credential: 'calvin "☂" &c.' } as const;
const SYSTEM = '/redfish/v1/Systems/System.Embedded.1';
const MAC = '52:54:00:AB:CD:01';

/**
 * A machine's controller as DSP0266 and the usual vendors have it, in one process on a real socket: sessions of which there
 * are few, tags, a power state that takes its time, task monitors. It keeps state, and can misbehave.
 */
export class RedfishEmulator {
  readonly calls: RedfishCall[] = [];
  readonly faults: RedfishFault[] = [];
  readonly sessions = new Map<string, string>();
  readonly resets: string[] = [];
  /** Looks at the machine that a change of its power takes. */
  slowness = 1;
  hasSessions = true;
  mostSessions = 4;
  /** Resets and changes are answered with a 202 and a task monitor that has to be asked so often. */
  taskLooks: number | null = null;
  taskEnds = 'Completed';
  power = 'On';
  boot = { BootSourceOverrideEnabled: 'Disabled', BootSourceOverrideTarget: 'None' };
  bootTargets: readonly string[] | undefined = ['None', 'Pxe', 'Hdd'];
  resetTypes: readonly string[] | undefined = ['On', 'ForceOff', 'GracefulShutdown', 'ForceRestart'];
  systems = [SYSTEM];
  /** Tags are weak ones, and only the strong form is taken back. */
  hasWeakTags = false;
  needsTag = true;
  private version = 1;
  private pending: { to: string; looks: number } | null = null;
  private readonly tasks = new Map<string, number>();
  private readonly sockets = new Set<Socket>();

  private constructor(
    private readonly server: Server,
    private readonly scheme: 'http' | 'https',
  ) {}

  static async start(tls?: { readonly key: string; readonly cert: string }): Promise<RedfishEmulator> {
    const serve = (request: IncomingMessage, response: ServerResponse) => void emulator.serve(request, response);
    const server = tls ? createTlsServer(tls, serve) : createServer(serve);
    const emulator: RedfishEmulator = new RedfishEmulator(server, tls ? 'https' : 'http');
    server.on('connection', (socket: Socket) => {
      emulator.sockets.add(socket);
      socket.on('close', () => emulator.sockets.delete(socket)).on('error', () => undefined);
    });
    server.on('tlsClientError', () => undefined);
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    return emulator;
  }

  get url(): string {
    return `${this.scheme}://127.0.0.1:${(this.server.address() as AddressInfo).port}`;
  }

  async close(): Promise<void> {
    for (const socket of this.sockets) socket.destroy();
    await new Promise((resolve) => this.server.close(resolve));
  }

  callsTo(method: string, path: RegExp): RedfishCall[] {
    return this.calls.filter((call) => call.method === method && path.test(call.path));
  }

  private async serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const path = new URL(request.url ?? '/', this.url).pathname;
    const method = request.method ?? '';
    const body = await text(request).catch(() => null);
    if (body === null) return;
    const fault = this.takeFault(method, path);
    this.calls.push({ method, path, headers: request.headers, body });
    if (fault?.hang) return;
    // A whole address is for proxies: whoever sends one has followed a link to another host.
    if (!request.url?.startsWith('/')) return void response.writeHead(400).end();
    if (fault?.cut === 'undone') return void response.socket?.destroy();
    const isStated = fault?.status !== undefined || fault?.body !== undefined;
    const reply: Reply = isStated
      ? [fault.status ?? 200, fault.body]
      : fault?.lie
        ? [204]
        : this.reply(method, path, request, body);
    if (fault?.cut === 'done') return void response.socket?.destroy();
    this.answer(response, reply, fault);
  }

  private answer(response: ServerResponse, [status, body, headers]: Reply, fault: RedfishFault | undefined): void {
    const content = typeof body === 'string' ? body : body === undefined ? '' : JSON.stringify(body);
    response.writeHead(status, {
      ...(status === 204 ? {} : { 'content-length': Buffer.byteLength(content), 'content-type': 'application/json' }),
      ...headers,
      ...fault?.headers,
    });
    if (fault?.cut !== 'middle') return void response.end(content);
    response.write(content.slice(0, Math.floor(content.length / 2)));
    setTimeout(() => response.socket?.destroy(), 20);
  }

  private takeFault(method: string, path: string): RedfishFault | undefined {
    const index = this.faults.findIndex((fault) => (fault.method ?? method) === method && fault.path.test(path));
    const fault = this.faults[index];
    if (!fault) return undefined;
    const left = (fault.times ?? 1) - 1;
    if (left > 0) this.faults[index] = { ...fault, times: left };
    else this.faults.splice(index, 1);
    return fault;
  }

  private reply(method: string, path: string, request: IncomingMessage, body: string): Reply {
    const plain = path.replace(/\/$/, '');
    if (plain === '/redfish/v1' && method === 'GET') return [200, this.root()];
    if (plain === '/redfish/v1/SessionService/Sessions' && method === 'POST') return this.logIn(body);
    if (!this.knows(request)) return problem(401, 'Base.1.0.NoValidSession', 'There is no valid session.');
    if (plain.startsWith('/redfish/v1/SessionService/Sessions/')) {
      for (const [token, at] of this.sessions) if (at === plain) this.sessions.delete(token);
      return [204];
    }
    if (plain.startsWith('/redfish/v1/TaskService/TaskMonitors/')) return this.lookAtTask(plain);
    if (plain === '/redfish/v1/Systems') return [200, { Members: this.systems.map((at) => ({ '@odata.id': at })) }];
    if (plain.startsWith(`${SYSTEM}/EthernetInterfaces`)) return this.interfaces(plain);
    if (plain === `${SYSTEM}/Actions/ComputerSystem.Reset` && method === 'POST') return this.reset(body);
    if (plain === SYSTEM && method === 'PATCH') return this.override(request, body);
    if (plain === SYSTEM && method === 'GET') return [200, this.look(), { etag: this.tag }];
    return problem(404, 'Base.1.0.ResourceMissingAtURI', `The resource at ${path} was not found.`);
  }

  private root() {
    return {
      Systems: { '@odata.id': '/redfish/v1/Systems' },
      // As behind a proxy that knows another host: nobody may follow it there.
      Links: { Sessions: { '@odata.id': 'http://inside.invalid/redfish/v1/SessionService/Sessions' } },
    };
  }

  private logIn(body: string): Reply {
    const { UserName, Password } = JSON.parse(body) as Record<string, string>;
    if (!this.hasSessions) return problem(405, 'Base.1.0.OperationNotAllowed', 'There are no sessions here.');
    if (UserName !== ACCOUNT.account || Password !== ACCOUNT.credential) {
      return problem(401, 'Base.1.0.ResourceAtUriUnauthorized', `The password ${Password} is wrong.`);
    }
    if (this.sessions.size >= this.mostSessions) {
      return problem(400, 'Base.1.0.SessionLimitExceeded', 'The session establishment failed.');
    }
    const token = randomUUID();
    const at = `/redfish/v1/SessionService/Sessions/${this.sessions.size + 1}-${token.slice(0, 4)}`;
    this.sessions.set(token, at);
    return [201, { '@odata.id': at }, { 'x-auth-token': token, location: `http://inside.invalid${at}` }];
  }

  private knows({ headers }: IncomingMessage): boolean {
    const { account, credential } = ACCOUNT;
    const basic = `Basic ${Buffer.from(`${account}:${credential}`).toString('base64')}`;
    return this.sessions.has(String(headers['x-auth-token'])) || headers.authorization === basic;
  }

  private get tag(): string {
    return this.hasWeakTags ? `W/"${this.version}"` : `"${this.version}"`;
  }

  private look() {
    if (this.pending && (this.pending.looks -= 1) < 0) {
      this.power = this.pending.to;
      this.pending = null;
    }
    return {
      '@odata.id': SYSTEM,
      PowerState: this.pending ? (this.pending.to === 'On' ? 'PoweringOn' : 'PoweringOff') : this.power,
      Manufacturer: 'Slipway\u0000 Emulators',
      Model: 'R'.repeat(1000),
      SerialNumber: 'SN1',
      BiosVersion: '2.1',
      MemorySummary: { TotalSystemMemoryGiB: 96 },
      ProcessorSummary: { Count: 2, LogicalProcessorCount: 48 },
      Status: { Health: 'OK' },
      EthernetInterfaces: { '@odata.id': `${SYSTEM}/EthernetInterfaces` },
      Boot: { ...this.boot, 'BootSourceOverrideTarget@Redfish.AllowableValues': this.bootTargets },
      Actions: {
        '#ComputerSystem.Reset': {
          target: `${SYSTEM}/Actions/ComputerSystem.Reset`,
          'ResetType@Redfish.AllowableValues': this.resetTypes,
        },
      },
    };
  }

  private interfaces(path: string): Reply {
    const all = ['none', 'NIC.1'].map((id) => `${SYSTEM}/EthernetInterfaces/${id}`);
    if (path.endsWith('/EthernetInterfaces')) return [200, { Members: all.map((at) => ({ '@odata.id': at })) }];
    return [200, path.endsWith('none') ? { MACAddress: '' } : { MACAddress: MAC }];
  }

  private reset(body: string): Reply {
    const { ResetType: type = '' } = JSON.parse(body) as Record<string, string>;
    if (this.resetTypes?.includes(type) === false)
      return problem(400, 'Base.1.0.ActionParameterNotSupported', 'Which?');
    if (this.pending) return problem(409, 'Base.1.0.ResourceInUse', 'The machine is busy.');
    const to = type === 'On' || type === 'ForceRestart' ? 'On' : 'Off';
    if (to === this.power && type !== 'ForceRestart') return problem(409, 'IDRAC.2.8.PSU501', 'It is so already.');
    this.resets.push(type);
    this.pending = { to, looks: this.slowness };
    this.version += 1;
    return this.done();
  }

  private override(request: IncomingMessage, body: string): Reply {
    const given = request.headers['if-match'];
    const wanted = this.hasWeakTags ? this.tag.replace('W/', '') : this.tag;
    if (given === undefined && this.needsTag) return problem(428, 'Base.1.0.PreconditionRequired', 'If-Match?');
    if (given !== undefined && given !== wanted) return problem(412, 'Base.1.0.PreconditionFailed', 'Changed.');
    const { Boot } = JSON.parse(body) as { Boot: RedfishEmulator['boot'] };
    if (this.bootTargets?.includes(Boot.BootSourceOverrideTarget) === false)
      return problem(400, 'x', 'Not from there.');
    this.boot = { ...this.boot, ...Boot };
    this.version += 1;
    return this.done();
  }

  private done(): Reply {
    if (this.taskLooks === null) return [204];
    const at = `/redfish/v1/TaskService/TaskMonitors/${randomUUID()}`;
    this.tasks.set(at, this.taskLooks);
    return [202, { TaskState: 'New' }, { location: `http://inside.invalid${at}`, 'retry-after': '0' }];
  }

  private lookAtTask(path: string): Reply {
    const left = this.tasks.get(path);
    if (left === undefined) return problem(404, 'x', 'No such monitor.');
    this.tasks.set(path, left - 1);
    if (left > 0) return [202, { TaskState: 'Running' }];
    this.tasks.delete(path);
    return [200, { TaskState: this.taskEnds }];
  }
}

function problem(status: number, id: string, message: string): Reply {
  const error = {
    code: id,
    message: 'See the extended ones.',
    '@Message.ExtendedInfo': [{ MessageId: id, Message: message }],
  };
  return [status, { error }];
}
