import { ADMIN_PASSWORD, type TestApp } from '../../support/app.js';
import type { TestAnswer } from '../../support/request.js';

/** Calls of the built-in Keystone, as clients make them. */
export class KeystoneClient {
  constructor(private readonly running: TestApp) {}

  v2(auth: unknown, headers: Record<string, string> = {}): Promise<TestAnswer> {
    return this.running.inject({ method: 'POST', url: '/keystone/v2.0/tokens', payload: { auth }, headers });
  }

  v2Password(username = 'admin', password = ADMIN_PASSWORD): Promise<TestAnswer> {
    return this.v2({ tenantName: 'admin', passwordCredentials: { username, password } });
  }

  v3(auth: unknown): Promise<TestAnswer> {
    return this.running.inject({ method: 'POST', url: '/keystone/v3/auth/tokens', payload: { auth } });
  }

  v3Password(username = 'admin', password = ADMIN_PASSWORD, scope?: unknown): Promise<TestAnswer> {
    return this.v3({
      identity: { methods: ['password'], password: { user: { name: username, password, domain: { id: 'default' } } } },
      scope,
    });
  }

  /** A call of v3 about `subject`, made with `token`. */
  about(method: string, token: string, subject: string): Promise<TestAnswer> {
    const headers = { 'x-auth-token': token, 'x-subject-token': subject };
    return this.running.inject({ method, url: '/keystone/v3/auth/tokens', headers });
  }

  get(url: string, token?: string): Promise<TestAnswer> {
    return this.running.inject({ url, headers: token === undefined ? {} : { 'x-auth-token': token } });
  }
}

export interface Access {
  readonly access: {
    readonly token: {
      readonly id: string;
      readonly expires: string;
      readonly issued_at: string;
      readonly tenant: Readonly<Record<string, unknown>>;
    };
    readonly user: { readonly id: string; readonly roles: readonly { readonly name: string }[] };
    readonly serviceCatalog: readonly {
      readonly type: string;
      readonly endpoints: readonly Record<string, string>[];
    }[];
  };
}

export const tokenOf = (answer: TestAnswer): string => answer.json<Access>().access.token.id;

/** A user with this role and the password `<name>-right`, made through the Upgrade API. */
export async function addUser(running: TestApp, username: string, role: string): Promise<number> {
  const answer = await running.inject({
    method: 'POST',
    url: '/api/users/users/',
    headers: { authorization: `Token ${running.adminToken}` },
    payload: { username, password: `${username}-right`, role },
  });
  return answer.json<{ id: number }>().id;
}
