import { ADMIN_PASSWORD } from '../../support/app.js';
import type { Inject, TestAnswer } from '../../support/request.js';

export type Version = '8.0.0' | '11.0.0';

/** What `requests` and keystoneclient put on every request of theirs. */
const REQUESTS = {
  'user-agent': 'python-requests/2.31.0',
  'accept-encoding': 'gzip, deflate',
  accept: '*/*',
  connection: 'keep-alive',
};
const KEYSTONECLIENT = { ...REQUESTS, 'user-agent': 'python-keystoneclient', accept: 'application/json' };

interface Access {
  readonly token: { readonly id: string; readonly expires: string; readonly tenant?: { readonly id: string } };
  readonly user: { readonly id: string };
}

/** The client raised `HTTPError`: what it prints, after which it exits with 1. */
export class ClientError extends Error {}

/**
 * One run of `fuel` or `fuel2`: the requests that python-fuelclient makes, in its order and with its headers and bodies
 * (spec fuel sections 4.2 and 6), and what it does with the answers. Anything it would crash on throws here.
 */
export class Fuelclient {
  /** `METHOD path` of every request so far. */
  readonly requests: string[] = [];
  token = '';

  private constructor(
    private readonly inject: Inject,
    readonly version: Version,
  ) {}

  /** Begins as every command does: is a log-in needed, the password, and the token once more. */
  static async run(inject: Inject, version: Version, password = ADMIN_PASSWORD): Promise<Fuelclient> {
    const client = new Fuelclient(inject, version);
    await client.logIn(password);
    return client;
  }

  /** Transactions are what tasks are called from 9.0 on. */
  get tasks(): string {
    return this.version === '8.0.0' ? 'tasks' : 'transactions';
  }

  async get<T = Record<string, unknown>>(path: string): Promise<T> {
    return (await this.call('GET', path)).json<T>();
  }

  put<T = Record<string, unknown>>(path: string, data: unknown = {}): Promise<T> {
    return this.change<T>('PUT', path, JSON.stringify(data));
  }

  post<T = Record<string, unknown>>(path: string, data: unknown): Promise<T> {
    return this.change<T>('POST', path, JSON.stringify(data));
  }

  delete<T = Record<string, unknown>>(path: string): Promise<T> {
    return this.change<T>('DELETE', path, '');
  }

  /** `fuel user --change-password`: keystoneclient's own call, which wants a new access in return. */
  async changePassword(original: string, wanted: string): Promise<Access> {
    const [, access] = await this.authenticate({ passwordCredentials: { username: 'admin', password: original } });
    return this.keystone('PATCH', `OS-KSCRUD/users/${access.user.id}`, {
      user: { password: wanted, original_password: original },
    });
  }

  private async logIn(password: string): Promise<void> {
    const version = await this.send('GET', '/api/v1/version', REQUESTS);
    if (version.statusCode !== 401 && version.json()['auth_required'] !== true) throw new Error('it would not log in');
    const passwordCredentials = { username: 'admin', password };
    const [first, { token }] = await this.authenticate({ passwordCredentials, tenantName: 'admin' });
    const tenant = token.tenant ? { tenantId: token.tenant.id } : { tenantName: 'admin' };
    [this.token] = await this.authenticate({ token: { id: first }, ...tenant }, first);
  }

  private async authenticate(auth: unknown, token?: string): Promise<[key: string, access: Access]> {
    const headers = token === undefined ? {} : { 'x-auth-token': token };
    const access = await this.keystone('POST', 'tokens', { auth }, headers);
    // Without any of these keystoneclient fails; an end that is past makes it log in by password again.
    if (typeof access.token.id !== 'string' || typeof access.user.id !== 'string') throw new Error('no access');
    if (!(Date.parse(access.token.expires) > Date.now())) throw new Error('the token has run out');
    return [access.token.id, access];
  }

  private async keystone(method: string, path: string, body: unknown, headers = {}): Promise<Access> {
    const all = { ...KEYSTONECLIENT, 'content-type': 'application/json', ...headers };
    const answer = await this.send(method, `/keystone/v2.0/${path}`, all, JSON.stringify(body));
    if (answer.statusCode === 401) throw new ClientError('Unauthorized: need authentication!');
    if (answer.statusCode !== 200) throw new ClientError(`keystone answered ${answer.statusCode}`);
    return answer.json<{ access: Access }>().access;
  }

  /** Every success but a 204 is read as JSON; one without a body is None, on which the commands then fail. */
  private async change<T>(method: string, path: string, body: string): Promise<T> {
    const answer = await this.call(method, path, body);
    if (answer.statusCode === 204) return {} as T;
    if (answer.body === '') throw new Error(`${method} ${path} answered nothing`);
    return answer.json<T>();
  }

  private async call(method: string, path: string, body?: string): Promise<TestAnswer> {
    const headers = {
      ...REQUESTS,
      accept: 'application/json',
      'content-type': 'application/json',
      'x-auth-token': this.token,
    };
    const answer = await this.send(method, `/api/v1/${path}`, headers, body);
    if (answer.statusCode < 400) return answer;
    const { message } = answer.json<{ message: string }>();
    throw new ClientError(`${answer.statusCode} Client Error: ${message}`);
  }

  private async send(method: string, url: string, headers: Record<string, string>, payload?: string) {
    this.requests.push(`${method} ${url}`);
    const answer = await this.inject({ method, url, headers, payload });
    if (answer.statusCode >= 300 && answer.statusCode < 400) throw new Error(`${method} ${url} is redirected`);
    return answer;
  }
}

/** The type of each field a command reads: `number`, `string`, `boolean`, `object`, `strings`, each perhaps with `|null`. */
export type Fields = Readonly<Record<string, string>>;

/** What is wrong with the fields a command reads of an object; nothing where it finds all of them. */
export function faults(value: unknown, fields: Fields): string[] {
  const given = (value ?? {}) as Record<string, unknown>;
  return Object.entries(fields).flatMap(([name, types]) => {
    if (!Object.hasOwn(given, name)) return [`${name} is missing`];
    const found = typeOf(given[name]);
    return types.split('|').includes(found) ? [] : [`${name} is ${found}, not ${types}`];
  });
}

function typeOf(value: unknown): string {
  if (value === null) return 'null';
  if (Array.isArray(value)) return value.every((item) => typeof item === 'string') ? 'strings' : 'array';
  return Number.isInteger(value) ? 'number' : typeof value === 'number' ? 'fraction' : typeof value;
}
