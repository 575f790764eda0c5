import { isProject } from '../project.js';
import { notThisUser, type Proof, type UserReference } from '../keystone-tokens.service.js';
import { bodyFields, expecting, fieldsAt, isFields, optionalTextAt, textAt, valueAt } from './request-fields.js';

/** `POST /v2.0/tokens`: a password or a token, and perhaps the tenant it is for (spec fuel section 4.2). */
export function parseV2Auth(body: unknown): Proof {
  const auth = fieldsAt(bodyFields(body), 'auth', 'request body');
  const tenant = optionalTextAt(auth, 'tenantId', 'auth') ?? optionalTextAt(auth, 'tenantName', 'auth');
  const proof = proofIn(auth);
  if (tenant !== undefined && !isProject(tenant)) throw notThisUser();
  return proof;
}

function proofIn(auth: Readonly<Record<string, unknown>>): Proof {
  if (isFields(valueAt(auth, 'token'))) {
    return { method: 'token', key: textAt(fieldsAt(auth, 'token', 'auth'), 'id', 'token') };
  }
  if (!isFields(valueAt(auth, 'passwordCredentials'))) throw expecting('passwordCredentials or token', 'auth');
  const given = fieldsAt(auth, 'passwordCredentials', 'auth');
  const user = userIn(given);
  return { method: 'password', user, password: textAt(given, 'password', 'passwordCredentials') };
}

function userIn(given: Readonly<Record<string, unknown>>): UserReference {
  const id = optionalTextAt(given, 'userId', 'passwordCredentials');
  if (id !== undefined) return { id };
  const name = optionalTextAt(given, 'username', 'passwordCredentials');
  if (name === undefined) throw expecting('username or userId', 'passwordCredentials');
  return { name };
}
