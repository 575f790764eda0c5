import { PoolError, type PoolIo, type PoolProviderSettings } from '../pool/pool-provider.js';
import { refusalOf } from './api-errors.js';
import { jsonOf, nameOf, send } from './http-call.js';
import { isObject, listIn, objectIn, optionalText, textIn, unexpected, type JsonObject } from './json-fields.js';

export type ServiceType = 'compute' | 'image' | 'network';

export interface Login {
  readonly token: string;
  readonly catalog: readonly JsonObject[];
}

/** A token is not used in its last minute: it could run out on the way. */
const LAST_MINUTE_MS = 60_000;

/** Logs in to Keystone v3 with a password, and knows where the account's services are. Keeps the token in memory only. */
export class KeystoneSession {
  private login: (Login & { readonly until: number }) | null = null;
  private pending: Promise<Login> | null = null;

  constructor(private readonly settings: PoolProviderSettings) {}

  /** Several callers share one log-in. One that was stopped with its caller does not count for the others. */
  async current(io: PoolIo): Promise<Login> {
    for (;;) {
      if (this.login && this.login.until > Date.now()) return this.login;
      this.pending ??= this.authenticate(io).finally(() => (this.pending = null));
      try {
        return await this.pending;
      } catch (error) {
        if (io.signal.aborted || !(error instanceof PoolError) || error.code !== 'aborted') throw error;
      }
    }
  }

  /** The token was refused: the next call logs in anew, unless somebody did so already. */
  forget(token: string): void {
    if (this.login?.token === token) this.login = null;
  }

  get secrets(): string[] {
    return [this.settings.password, this.login?.token].filter((secret) => typeof secret === 'string');
  }

  /** The public endpoint of a service in the provider's region, with the API's version at its end. */
  endpoint(login: Login, type: ServiceType): URL {
    const { regionName } = this.settings;
    const found = login.catalog
      .filter((service) => service['type'] === type)
      .flatMap((service) => listIn(service, 'endpoints', 'Keystone’s catalog'))
      .find(
        (each) =>
          each['interface'] === 'public' &&
          (regionName === null || each['region_id'] === regionName || each['region'] === regionName),
      );
    if (found) return versioned(textIn(found, 'url', 'Keystone’s catalog'), type);
    const where = regionName === null ? '' : ` in the region ${regionName}`;
    throw new PoolError('bad_request', `The cloud's catalog has no public endpoint of type ${type}${where}`);
  }

  private async authenticate(io: PoolIo): Promise<Login> {
    const request = {
      method: 'POST' as const,
      url: loginUrl(this.settings.authUrl),
      json: { auth: { identity: this.identity(), scope: { project: this.project() } } },
      timeoutMs: this.settings.apiTimeoutS * 1000,
    };
    const where = nameOf(request);
    const answer = await send(request, io);
    if (answer.status !== 200 && answer.status !== 201) throw refusalOf(answer, where, this.secrets);
    const token = answer.headers.get('x-subject-token');
    if (!token) throw unexpected(where, 'no X-Subject-Token');
    const body = objectIn(jsonOf(answer, where), 'token', where);
    const catalog = Array.isArray(body['catalog']) ? body['catalog'].filter(isObject) : [];
    const expires = Date.parse(optionalText(body, 'expires_at') ?? '');
    // Without a time a refusal tells when it is over.
    const until = Number.isNaN(expires) ? Infinity : expires - LAST_MINUTE_MS;
    // A clock that is far off must not make each call log in: then, too, the refusal tells.
    this.login = { token, catalog, until: until > Date.now() ? until : Infinity };
    return this.login;
  }

  private identity(): JsonObject {
    const { name, username, password, userDomain } = this.settings;
    if (username === null || password === null) {
      throw new PoolError('bad_request', `${name}: an openstack provider needs a username and a password`);
    }
    return { methods: ['password'], password: { user: { name: username, domain: domainOf(userDomain), password } } };
  }

  /** Nodepool's `project-id` was a name in the days of Keystone v2: only what looks like an id is taken for one. */
  private project(): JsonObject {
    const { name, projectId, projectName, projectDomain } = this.settings;
    if (projectId !== null && /^([0-9a-f]{32}|[0-9a-f-]{36})$/i.test(projectId)) return { id: projectId };
    const project = projectName ?? projectId;
    if (project === null) throw new PoolError('bad_request', `${name}: an openstack provider needs a project`);
    return { name: project, domain: domainOf(projectDomain) };
  }
}

/** Keystone's first domain has the id `default` and the name `Default`; every other one is named. */
function domainOf(domain: string): JsonObject {
  return domain === '' || domain.toLowerCase() === 'default' ? { id: 'default' } : { name: domain };
}

function loginUrl(authUrl: string | null): URL {
  const url = webUrl(authUrl ?? '', 'auth-url');
  const path = url.pathname.replace(/\/+$/, '').replace(/\/(v2\.0|v3)$/, '');
  url.pathname = `${path}/v3/auth/tokens`;
  return url;
}

const VERSIONS: Readonly<Record<ServiceType, { readonly known: RegExp; readonly append: string }>> = {
  // A project id may follow.
  compute: { known: /\/v2(\.\d+)?(\/[^/]+)?$/, append: '/v2.1' },
  image: { known: /\/v2$/, append: '/v2' },
  network: { known: /\/v2\.0$/, append: '/v2.0' },
};

function versioned(endpoint: string, type: ServiceType): URL {
  const url = webUrl(endpoint, `The ${type} endpoint`);
  const path = url.pathname.replace(/\/+$/, '');
  url.pathname = VERSIONS[type].known.test(path) ? path : `${path}${VERSIONS[type].append}`;
  return url;
}

function webUrl(text: string, what: string): URL {
  const url = URL.canParse(text) ? new URL(text) : null;
  if (!url || !['http:', 'https:'].includes(url.protocol)) {
    throw new PoolError('bad_request', `${what} is no http or https address`);
  }
  // Never sent on and never shown; the log-in is the account's.
  url.username = '';
  url.password = '';
  url.search = '';
  url.hash = '';
  return url;
}
