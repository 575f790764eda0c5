import { Invalid } from '../../common/errors.js';
import { isDomain, isProject } from '../project.js';
import { notThisUser, type Proof } from '../keystone-tokens.service.js';
import {
  bodyFields,
  expecting,
  type Fields,
  fieldsAt,
  isFields,
  referenceAt,
  textAt,
  valueAt,
} from './request-fields.js';

export interface V3Auth {
  readonly proof: Proof;
  readonly isScoped: boolean;
}

/** `POST /v3/auth/tokens`. Without a scope a token is for our one project, as for a user whose default project it is. */
export function parseV3Auth(body: unknown): V3Auth {
  const auth = fieldsAt(bodyFields(body), 'auth', 'request body');
  const identity = fieldsAt(auth, 'identity', 'auth');
  const isScoped = parseScope(valueAt(auth, 'scope'));
  return { proof: parseProof(identity), isScoped };
}

function parseProof(identity: Fields): Proof {
  const methods = valueAt(identity, 'methods');
  if (!Array.isArray(methods) || !methods.every((method) => typeof method === 'string')) {
    throw expecting('methods', 'identity');
  }
  // Every method that is named has to hold; we have two, and nobody needs both.
  const [method, another] = [...new Set(methods as readonly string[])];
  if (another !== undefined || (method !== 'password' && method !== 'token')) throw notThisUser();
  const given = fieldsAt(identity, method, 'identity');
  if (method === 'token') return { method, key: textAt(given, 'id', 'token') };
  const user = fieldsAt(given, 'user', 'password');
  const reference = referenceAt(user, 'user');
  const password = textAt(user, 'password', 'user');
  requireDomain(valueAt(user, 'domain'), 'user');
  return { method, user: reference, password };
}

function parseScope(scope: unknown): boolean {
  if (scope === undefined || scope === null) return true;
  if (scope === 'unscoped') return false;
  if (!isFields(scope)) throw new Invalid('The scope must be an object or "unscoped".');
  if (valueAt(scope, 'unscoped') !== undefined) return false;
  if (valueAt(scope, 'project') === undefined) throw notThisUser();
  const project = fieldsAt(scope, 'project', 'scope');
  const wanted = referenceAt(project, 'project');
  requireDomain(valueAt(project, 'domain'), 'project');
  if (!isProject('id' in wanted ? wanted.id : wanted.name)) throw notThisUser();
  return true;
}

/** Keystone insists on a domain beside a name; Nailgun's own Keystone did not, and we have only one. */
function requireDomain(domain: unknown, target: string): void {
  if (domain === undefined || domain === null) return;
  if (!isFields(domain)) throw expecting('domain', target);
  const wanted = referenceAt(domain, 'domain');
  if (!isDomain('id' in wanted ? wanted.id : wanted.name)) throw notThisUser();
}
