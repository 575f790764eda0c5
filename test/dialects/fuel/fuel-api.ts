import { ADMIN_PASSWORD, startTestApp, type TestApp, type TestAppOptions } from '../../support/app.js';
import type { TestAnswer } from '../../support/request.js';

export interface FuelError {
  readonly message: string;
  readonly errors: unknown[];
}

/** One user's requests to the Fuel API, below `/api/v1/` as python-fuelclient makes them. */
export class FuelApi {
  constructor(
    readonly app: TestApp,
    private readonly token: string,
  ) {}

  static async start(options: TestAppOptions = {}): Promise<FuelApi> {
    const app = await startTestApp(options);
    return new FuelApi(app, app.adminToken);
  }

  /** A new user of this role with a token of its own. */
  async as(role: 'viewer' | 'operator'): Promise<FuelApi> {
    const username = `${role}-${Math.random().toString(36).slice(2, 8)}`;
    const user = await this.made('/api/users/users/', { username, password: ADMIN_PASSWORD, role });
    const token = await this.made('/api/users/tokens/', { user: user['id'] });
    return new FuelApi(this.app, token['key'] as string);
  }

  get sql() {
    return this.app.database.dataSource;
  }

  /** `path` is below `/api/v1/`; one that begins with a slash is taken as it is. */
  send(method: string, path: string, payload?: unknown, headers: Record<string, string> = {}): Promise<TestAnswer> {
    const url = path.startsWith('/') ? path : `/api/v1/${path}`;
    return this.app.inject({ method, url, payload, headers: { 'x-auth-token': this.token, ...headers } });
  }

  get(path: string): Promise<TestAnswer> {
    return this.send('GET', path, undefined, { 'content-type': 'application/json' });
  }

  post(path: string, payload?: unknown): Promise<TestAnswer> {
    return this.send('POST', path, payload);
  }

  put(path: string, payload?: unknown): Promise<TestAnswer> {
    return this.send('PUT', path, payload);
  }

  delete(path: string): Promise<TestAnswer> {
    return this.send('DELETE', path);
  }

  /** A request that must answer 200; what it answers. */
  async read<T = Record<string, unknown>>(path: string): Promise<T> {
    const answer = await this.get(path);
    if (answer.statusCode !== 200) throw new Error(`GET ${path}: ${answer.statusCode} ${answer.body}`);
    return answer.json<T>();
  }

  /** A request that must create something (201); what was created. */
  async create<T = Record<string, unknown>>(path: string, payload: unknown): Promise<T & { id: number }> {
    return this.made<T & { id: number }>(path, payload);
  }

  /** A refusal as `[status, message]`; fails when the body is not of Fuel's shape. */
  static refusal(answer: TestAnswer): [number, string] {
    const body = answer.json<FuelError>();
    if (typeof body.message !== 'string' || !Array.isArray(body.errors)) throw new Error(`no refusal: ${answer.body}`);
    return [answer.statusCode, body.message];
  }

  close(): Promise<void> {
    return this.app.close();
  }

  private async made<T = Record<string, unknown>>(path: string, payload: unknown): Promise<T> {
    const answer = await this.post(path, payload);
    if (answer.statusCode !== 201) throw new Error(`POST ${path}: ${answer.statusCode} ${answer.body}`);
    return answer.json<T>();
  }
}

/** Enough of a release for tests; names are unique together with versions. */
export function releaseBody(more: Record<string, unknown> = {}): Record<string, unknown> {
  return {
    name: 'Icehouse on Ubuntu 12.04.4',
    version: '2014.1.1-5.1',
    operating_system: 'Ubuntu',
    state: 'available',
    roles: ['controller', 'compute', 'cinder', 'ceph-osd', 'mongo', 'zabbix-server'],
    ...more,
  };
}

/** `nodeBody(7)`: a node that has just booted, with a MAC address of its own. */
export function nodeBody(number: number, more: Record<string, unknown> = {}): Record<string, unknown> {
  const pair = (value: number) => value.toString(16).padStart(2, '0');
  const mac = `52:54:00:${pair((number >> 16) & 255)}:${pair((number >> 8) & 255)}:${pair(number & 255)}`;
  return { mac, status: 'discover', meta: { interfaces: [{ name: 'eth0', mac }] }, ...more };
}
