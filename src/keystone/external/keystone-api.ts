import { KeystoneProblem } from './keystone-problem.js';
import { readExpiry, readToken, type ValidatedToken } from './keystone-answers.js';

export interface ServiceLogin {
  readonly username: string;
  readonly password: string;
  readonly userDomain: string;
  readonly project: string;
  readonly projectDomain: string;
}

export interface ServiceToken {
  readonly key: string;
  readonly expiresAt: Date;
}

/** A token with all its roles is a few kilobytes; the catalog, which can be long, is not asked for. */
const LARGEST_ANSWER = 1024 * 1024;

/** The two calls we make to an external Keystone's v3 API. */
export class KeystoneApi {
  private readonly tokens: string;

  constructor(
    authUrl: string,
    private readonly timeoutMs: number,
  ) {
    // Deployments name the address with or without the version.
    this.tokens = `${/\/v3$/.test(authUrl) ? authUrl : `${authUrl}/v3`}/auth/tokens?nocatalog`;
  }

  /** Throws `KeystoneProblem`. */
  async logIn(login: ServiceLogin): Promise<ServiceToken> {
    const user = { name: login.username, password: login.password, domain: { name: login.userDomain } };
    const scope = { project: { name: login.project, domain: { name: login.projectDomain } } };
    const { response, body } = await this.call({
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ auth: { identity: { methods: ['password'], password: { user } }, scope } }),
    });
    if (response.status === 401) throw new KeystoneProblem('Keystone refused the log-in of our service user', false);
    const key = response.headers.get('x-subject-token');
    const expiresAt = readExpiry(body);
    if (response.status !== 201 || key === null || expiresAt === null) throw unexpected('our log-in', response.status);
    return { key, expiresAt };
  }

  /**
   * What `subject` stands for; null where Keystone does not know it. `refused` where it no longer takes our own token.
   * Throws `KeystoneProblem`.
   */
  async validate(serviceKey: string, subject: string): Promise<ValidatedToken | null | 'refused'> {
    const headers = { 'x-auth-token': serviceKey, 'x-subject-token': subject };
    const { response, body } = await this.call({ method: 'GET', headers });
    if (response.status === 401) return 'refused';
    if (response.status === 404) return null;
    if (response.status === 403) {
      throw new KeystoneProblem('Keystone does not let our service user validate tokens', false);
    }
    const token = response.status === 200 ? readToken(body) : null;
    if (token === null) throw unexpected('a validation', response.status);
    return token;
  }

  private async call(request: RequestInit): Promise<{ readonly response: Response; readonly body: unknown }> {
    try {
      // Not one step further than we were told: a redirection would take tokens and password along.
      const options = { ...request, redirect: 'manual', signal: AbortSignal.timeout(this.timeoutMs) } as const;
      const response = await fetch(this.tokens, options);
      return { response, body: parsed(await limitedText(response)) };
    } catch (error) {
      if (error instanceof KeystoneProblem) throw error;
      const isLate = (error as { name?: unknown }).name === 'TimeoutError';
      const message = isLate ? `Keystone did not answer within ${this.timeoutMs} ms` : 'Keystone cannot be reached';
      throw new KeystoneProblem(message, true, error);
    }
  }
}

async function limitedText(response: Response): Promise<string> {
  const chunks: Uint8Array[] = [];
  let length = 0;
  for await (const chunk of response.body ?? []) {
    length += chunk.byteLength;
    if (length > LARGEST_ANSWER) throw new KeystoneProblem('Keystone gave an answer without end', false);
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString('utf8');
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}

function unexpected(what: string, status: number): KeystoneProblem {
  return new KeystoneProblem(`Keystone answered ${what} with ${status} and nothing we understand`, false);
}
