import { ActionError } from '../../common/errors.js';
import type { HttpAnswer, HttpCaller } from '../../drivers/http-call/http-caller.js';
import type { Location } from './location.js';
import { type FailureCode, locationFailure } from './location-failure.js';

const MOST_REDIRECTS = 5;
const CODES: Readonly<Record<string, FailureCode>> = {
  http_refused: 'location_refused',
  http_too_large: 'location_too_large',
};
const REDIRECTS = new Set([301, 302, 303, 307, 308]);

/** Our own token for services of the site that ask for one. */
export interface ServiceTokens {
  serviceKey(): Promise<string | null>;
  forgetServiceKey(key: string): void;
}

type Headers = Readonly<Record<string, string>>;

/** Fetches over HTTP where the allow-list lets it. Acts. */
export class WebLocations {
  constructor(
    private readonly caller: Pick<HttpCaller, 'call'>,
    private readonly tokens: ServiceTokens,
    private readonly timeoutMs: number,
  ) {}

  /** The body of a success. Throws `ActionError`. */
  async read(location: Location, signal: AbortSignal): Promise<Buffer> {
    const until = Date.now() + this.timeoutMs;
    const token = location.isOurs ? await this.token() : null;
    let answer = await this.follow(location, token, until, signal);
    if (answer.status === 401 && token !== null) {
      // Keystone may have forgotten it, as after a change of its keys.
      this.tokens.forgetServiceKey(token);
      answer = await this.follow(location, await this.token(), until, signal);
    }
    if (answer.status >= 200 && answer.status < 300) return answer.bytes;
    // Upstream delivers the page of a 404 as the file.
    throw locationFailure('location_failed', `${location.url.origin} answered ${answer.status}`);
  }

  private async token(): Promise<string | null> {
    try {
      return await this.tokens.serviceKey();
    } catch (error) {
      throw locationFailure('location_failed', 'the external Keystone gave us no token for it', error);
    }
  }

  private async follow(
    { url, login }: Location,
    token: string | null,
    until: number,
    signal: AbortSignal,
  ): Promise<HttpAnswer> {
    let at = url;
    for (let redirects = 0; redirects <= MOST_REDIRECTS; redirects += 1) {
      // What opens one place is no other's business.
      const headers = at.origin === url.origin ? credentials(login, token) : {};
      const answer = await this.call(at, headers, until, signal);
      if (!REDIRECTS.has(answer.status)) return answer;
      const next = answer.headers['location'] ?? '';
      if (next === '' || !URL.canParse(next, at.href))
        throw locationFailure('location_failed', `${at.origin} leads to nowhere`);
      at = withoutLogin(new URL(next, at));
    }
    throw locationFailure('location_failed', `${url.origin} leads from one place to the next without end`);
  }

  private async call(url: URL, headers: Headers, until: number, signal: AbortSignal): Promise<HttpAnswer> {
    const timeoutMs = until - Date.now();
    if (timeoutMs <= 0) throw locationFailure('location_failed', `${url.origin}: no answer in time`);
    try {
      const request = { method: 'GET', url: url.href, headers: { accept: '*/*', ...headers }, body: null, timeoutMs };
      return await this.caller.call(request, signal);
    } catch (error) {
      if (!(error instanceof ActionError)) throw error;
      throw locationFailure(CODES[error.code] ?? 'location_failed', error.message, error);
    }
  }
}

function credentials(login: Location['login'], token: string | null): Headers {
  if (token !== null) return { 'x-auth-token': token };
  if (login === null) return {};
  const encoded = Buffer.from(`${login.username}:${login.password}`, 'utf8').toString('base64');
  return { authorization: `Basic ${encoded}` };
}

function withoutLogin(url: URL): URL {
  url.username = '';
  url.password = '';
  return url;
}
