import { PoolError, type PoolIo } from '../pool/pool-provider.js';
import { refusalOf } from './api-errors.js';
import { jsonOf, nameOf, send, type HttpAnswer, type HttpRequest } from './http-call.js';
import { listIn, textIn, unexpected, type JsonObject } from './json-fields.js';
import type { KeystoneSession, ServiceType } from './keystone-session.js';

export interface ApiRequest {
  readonly service: ServiceType;
  readonly method: HttpRequest['method'];
  /** Parts of the path after the API's version; each is escaped. */
  readonly path: readonly string[];
  readonly query?: Readonly<Record<string, string>>;
  readonly json?: JsonObject;
  /** Called for each try: a stream can be sent once. */
  readonly file?: () => Pick<HttpRequest, 'file' | 'signal'>;
}

const MOST_PAGES = 1_000;

/** Calls the services of one account: with a token, logged in anew once when that is refused. */
export class OpenStackClient {
  constructor(
    private readonly session: KeystoneSession,
    private readonly timeoutMs: number,
  ) {}

  /** The answer, when its status is one of success; throws a `PoolError` otherwise. */
  async call(request: ApiRequest, io: PoolIo): Promise<HttpAnswer> {
    const first = await this.callOnce(request, io);
    const { answer, where, token } =
      first.answer.status === 401 ? await this.callAnew(request, first.token, io) : first;
    if (answer.status >= 200 && answer.status < 300) return answer;
    throw refusalOf(answer, where, [...this.session.secrets, first.token, token]);
  }

  async json(request: ApiRequest, io: PoolIo): Promise<JsonObject> {
    return jsonOf(await this.call(request, io), whereOf(request));
  }

  /** False: there is no such thing (any more). */
  async delete(service: ServiceType, path: readonly string[], io: PoolIo): Promise<boolean> {
    return (await this.find({ service, method: 'DELETE', path }, io)) !== null;
  }

  /** Null when there is no such thing. */
  async get(service: ServiceType, path: readonly string[], io: PoolIo): Promise<JsonObject | null> {
    const request = { service, method: 'GET' as const, path };
    const answer = await this.find(request, io);
    return answer && jsonOf(answer, whereOf(request));
  }

  /** All pages of a list. `next` finds the marker of the page after this one, or null. */
  async list(
    service: ServiceType,
    path: readonly string[],
    name: string,
    io: PoolIo,
    query: Readonly<Record<string, string>> = {},
  ): Promise<JsonObject[]> {
    const all: JsonObject[] = [];
    const where = whereOf({ service, method: 'GET', path });
    let marker: string | null = null;
    for (let page = 0; page < MOST_PAGES; page += 1) {
      const paged: Readonly<Record<string, string>> = marker === null ? query : { ...query, marker };
      const body = await this.json({ service, method: 'GET', path, query: paged }, io);
      const items = listIn(body, name, where);
      all.push(...items);
      const last = items.at(-1);
      if (!hasNext(body, name) || !last) return all;
      // The last item's id is the next page's marker for all three services; their links may name another host.
      const next = textIn(last, 'id', where);
      if (next === marker) throw unexpected(where, 'its pages do not end');
      marker = next;
    }
    throw unexpected(where, 'its pages do not end');
  }

  private async find(request: ApiRequest, io: PoolIo): Promise<HttpAnswer | null> {
    try {
      return await this.call(request, io);
    } catch (error) {
      if (error instanceof PoolError && error.code === 'not_found') return null;
      throw error;
    }
  }

  private callAnew(request: ApiRequest, refused: string, io: PoolIo) {
    this.session.forget(refused);
    return this.callOnce(request, io);
  }

  private async callOnce(request: ApiRequest, io: PoolIo) {
    const login = await this.session.current(io);
    const url = this.session.endpoint(login, request.service);
    url.pathname += request.path.map((part) => `/${encodeURIComponent(part)}`).join('');
    for (const [name, value] of Object.entries(request.query ?? {})) url.searchParams.set(name, value);
    const { method, json } = request;
    const timeoutMs = request.file ? null : this.timeoutMs;
    const sent = { method, url, json, timeoutMs, headers: { 'x-auth-token': login.token }, ...request.file?.() };
    return { answer: await send(sent, io), token: login.token, where: nameOf(sent) };
  }
}

function whereOf({ service, method, path }: Pick<ApiRequest, 'service' | 'method' | 'path'>): string {
  return `${method} ${service}/${path.join('/')}`;
}

/** Nova and Neutron: `servers_links: [{rel: 'next'}]`; Glance: `next`. */
function hasNext(body: JsonObject, name: string): boolean {
  if (typeof body['next'] === 'string') return true;
  const links = body[`${name}_links`];
  return Array.isArray(links) && links.some((link) => (link as JsonObject | null)?.['rel'] === 'next');
}
