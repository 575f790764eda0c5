import { SYSTEM_PRINCIPAL, type Role } from '../../src/auth/principal.js';
import { TokensService } from '../../src/auth/tokens.service.js';
import { UsersService } from '../../src/auth/users.service.js';
import { startTestApp, type TestApp, type TestAppOptions } from '../support/app.js';
import type { TestAnswer } from '../support/request.js';

export interface CallOptions {
  readonly headers?: Readonly<Record<string, string>>;
  /** Whose token: `admin` unless stated; null for none. */
  readonly as?: Role | null;
}

/** The application with a user and a token of each role, for specs of `/fleet/v1`. */
export class FleetApp {
  private constructor(
    readonly running: TestApp,
    readonly tokens: Readonly<Record<Role, string>>,
  ) {}

  /** `config: { role: 'all' }` where jobs are to be run. */
  static async start(options: TestAppOptions = {}): Promise<FleetApp> {
    const running = await startTestApp(options);
    return new FleetApp(running, {
      admin: running.adminToken,
      operator: await tokenOf(running, 'olga', 'operator'),
      viewer: await tokenOf(running, 'vera', 'viewer'),
    });
  }

  close(): Promise<void> {
    return this.running.close();
  }

  sql<Row>(query: string, parameters: unknown[] = []): Promise<Row[]> {
    return this.running.database.dataSource.query<Row[]>(query, parameters);
  }

  /** `path` is below `/fleet/v1`: `call('POST', '/batches', {…})`. */
  call(
    method: string,
    path: string,
    payload?: unknown,
    { headers, as = 'admin' }: CallOptions = {},
  ): Promise<TestAnswer> {
    const authorization = as === null ? undefined : { authorization: `Token ${this.tokens[as]}` };
    return this.running.inject({
      method,
      url: `/fleet/v1${path}`,
      payload,
      headers: { ...authorization, ...headers },
    });
  }

  async get<Body = Record<string, unknown>>(path: string, options?: CallOptions): Promise<Body> {
    const answer = await this.call('GET', path, undefined, options);
    if (answer.statusCode !== 200) throw new Error(`GET ${path}: ${answer.statusCode} ${answer.body}`);
    return answer.json<Body>();
  }
}

/** A second user of a role, and a token of theirs. */
export async function tokenOf(running: TestApp, username: string, role: Role): Promise<string> {
  const user = await running.app
    .get(UsersService)
    .create(SYSTEM_PRINCIPAL, { username, password: 'long enough', role });
  const { key } = await running.app.get(TokensService).create(SYSTEM_PRINCIPAL, user.id, { description: username });
  return key;
}

/** What every refusal of our own API has; returns its code. */
export function problemOf(answer: TestAnswer): string {
  const problem = answer.json<{ type: string; title: string; status: number; detail: string; code: string }>();
  expect(answer.headers['content-type']).toBe('application/problem+json; charset=utf-8');
  expect(problem).toMatchObject({
    type: `urn:slipway:problem:${problem.code.replaceAll('_', '-')}`,
    title: expect.any(String) as string,
    status: answer.statusCode,
    detail: expect.any(String) as string,
    request_id: answer.headers['x-request-id'],
  });
  return problem.code;
}
