import type { BootHost } from '../boot-host/boot-host.js';
import { DriverError } from '../device-driver.js';
import { pause } from '../iosxe/pause.js';
import { redactor } from '../ssh/redact.js';
import { controllerAddressOf, type ControllerAddress } from './controller-address.js';
import { linkAt, pathOfLink, type JsonObject } from './json-parts.js';
import { exchange, type RedfishAnswer, type RedfishRequest } from './redfish-call.js';
import { isBusy, refusalOf, retryAfterOf } from './redfish-errors.js';

export interface RedfishTiming {
  /** For one exchange. */
  readonly requestMs: number;
  /** Between two looks at something that takes a while, and before something is tried again. */
  readonly pollMs: number;
  /** How long a machine may take to be what it was told to be, and a busy controller to have time. */
  readonly patienceMs: number;
}

export const SERVICE_ROOT = '/redfish/v1/';
const SESSIONS = '/redfish/v1/SessionService/Sessions';
const MOST_TRIES = 3;
/** Taking a session back must not hold up a process that stops. */
const LOG_OUT_MS = 5_000;

interface Session {
  readonly token: string;
  readonly path: string | null;
}

/**
 * A log-in to a controller for one act. Controllers have few sessions and keep them for long, so each is given back, also
 * after a failure; where sessions are unknown or used up, the log-in travels with each request.
 */
export class RedfishSession {
  private session: Session | null = null;
  private readonly address: ControllerAddress;
  private readonly login: { readonly UserName: string; readonly Password: string };

  private constructor(
    host: BootHost,
    private readonly timing: RedfishTiming,
    readonly signal: AbortSignal,
  ) {
    this.address = controllerAddressOf(host);
    const { account, credential, hostname } = host;
    if (account === null || credential === null) {
      throw new DriverError(
        'auth_failed',
        `${hostname}: the design gives no account or no credential of its controller`,
      );
    }
    this.login = { UserName: account, Password: credential };
  }

  static async use<T>(
    host: BootHost,
    timing: RedfishTiming,
    signal: AbortSignal,
    work: (session: RedfishSession) => Promise<T>,
  ): Promise<T> {
    const session = new RedfishSession(host, timing, signal);
    try {
      if (session.address.takesSessions) await session.open();
      return await work(session);
    } finally {
      await session.close();
    }
  }

  get controller(): string {
    return this.address.origin.host;
  }

  /** The machine's own id or path, where the design names one of several. */
  get system(): string | null {
    return this.address.system;
  }

  /** Any status but those of a busy controller or an ended session, which are dealt with here. */
  async request(request: RedfishRequest): Promise<RedfishAnswer> {
    const until = Date.now() + this.timing.patienceMs;
    for (let renewals = 0; ;) {
      const used = this.session;
      const answer = await this.tried({ ...request, headers: { ...request.headers, ...this.credentials() } });
      if (answer.status === 401 && used !== null && renewals === 0) {
        renewals += 1;
        await this.close();
        await this.open();
        continue;
      }
      if (!isBusy(answer)) return answer;
      const wait = Math.max(retryAfterOf(answer, Date.now()) ?? 0, this.timing.pollMs);
      if (Date.now() + wait > until) return answer;
      await this.wait(wait);
    }
  }

  /** The resource itself; what is no 200 with an object is thrown. */
  async get(path: string): Promise<{ readonly body: JsonObject; readonly etag: string | null }> {
    const answer = await this.request({ method: 'GET', path });
    if (answer.status !== 200 || answer.body === null) throw this.refusal(answer, `GET ${path}`);
    const inside = answer.body['@odata.etag'];
    return { body: answer.body, etag: answer.headers['etag'] ?? (typeof inside === 'string' ? inside : null) };
  }

  refusal(answer: RedfishAnswer, what: string): DriverError {
    return refusalOf(answer, what, redactor([this.login.Password, this.session?.token]));
  }

  async wait(milliseconds = this.timing.pollMs): Promise<void> {
    if (!(await pause(milliseconds, this.signal))) throw new DriverError('aborted', `${this.controller}: stopped`);
  }

  private async open(): Promise<void> {
    const root = await this.tried({ method: 'GET', path: SERVICE_ROOT });
    const path = linkAt(root.body, 'Links', 'Sessions') ?? SESSIONS;
    const answer = await this.patiently({ method: 'POST', path, json: this.login });
    if (answer.status === 401 || answer.status === 403) throw this.refusal(answer, 'the log-in');
    const token = answer.headers['x-auth-token'];
    // No session to be had, for whatever reason: without one it works as well, only with the password in each request.
    if (!(answer.status === 201 || answer.status === 200) || !token) return;
    const { location } = answer.headers;
    this.session = { token, path: location === undefined ? linkAt(answer.body) : pathOfLink(location) };
  }

  private async close(): Promise<void> {
    const { session } = this;
    this.session = null;
    if (!session?.path) return;
    const { path, token } = session;
    const request = { method: 'DELETE', path, headers: { 'x-auth-token': token } } as const;
    // It ends by itself some day; whoever is waiting for the act has waited long enough.
    await exchange(this.address, request, new AbortController().signal, LOG_OUT_MS).catch(() => undefined);
  }

  private credentials(): Record<string, string> {
    if (this.session) return { 'x-auth-token': this.session.token };
    const { UserName, Password } = this.login;
    return { authorization: `Basic ${Buffer.from(`${UserName}:${Password}`).toString('base64')}` };
  }

  /** A log-in may meet a controller that starts. */
  private async patiently(request: RedfishRequest): Promise<RedfishAnswer> {
    for (let tries = 1; ; tries += 1) {
      const answer = await this.tried(request);
      if (!isBusy(answer) || tries === MOST_TRIES) return answer;
      await this.wait(Math.max(retryAfterOf(answer, Date.now()) ?? 0, this.timing.pollMs));
    }
  }

  /** What changes nothing is asked again when the connection breaks. */
  private async tried(request: RedfishRequest): Promise<RedfishAnswer> {
    for (let tries = 1; ; tries += 1) {
      try {
        return await exchange(this.address, request, this.signal, this.timing.requestMs);
      } catch (error) {
        const mayTry = request.method === 'GET' && error instanceof DriverError && error.code === 'connection_lost';
        if (!mayTry || tries === MOST_TRIES) throw error;
        await this.wait();
      }
    }
  }
}
