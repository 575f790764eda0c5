import { storableText } from '../../auth/audit/audit-diff.js';

/** What an external Keystone says a token stands for. */
export interface ValidatedToken {
  readonly userId: string;
  /** With the domain behind an `@` unless it is the default one: names are only unique within theirs. */
  readonly username: string;
  readonly roles: readonly string[];
  readonly projectId: string | null;
  readonly projectName: string | null;
  readonly expiresAt: Date;
}

type Fields = Readonly<Record<string, unknown>>;

/** Reads `GET /v3/auth/tokens`. Null: this is not how Keystone describes a token. */
export function readToken(body: unknown): ValidatedToken | null {
  const token = fieldsOf(fieldsOf(body)['token']);
  const user = fieldsOf(token['user']);
  const expiresAt = readExpiry(body);
  const id = textOf(user['id']);
  const name = textOf(user['name']);
  if (expiresAt === null || id === null || name === null) return null;
  const project = fieldsOf(token['project']);
  const roles = Array.isArray(token['roles']) ? token['roles'] : [];
  return {
    userId: storableText(id, 128),
    username: storableText(qualified(name, fieldsOf(user['domain'])), 150),
    roles: roles.flatMap((role: unknown) => textOf(fieldsOf(role)['name']) ?? []),
    projectId: textOf(project['id']),
    projectName: textOf(project['name']),
    expiresAt,
  };
}

/** When the token of an answer ends; null where it does not say so. */
export function readExpiry(body: unknown): Date | null {
  const text = textOf(fieldsOf(fieldsOf(body)['token'])['expires_at']);
  const at = text === null ? Number.NaN : Date.parse(text);
  return Number.isNaN(at) ? null : new Date(at);
}

function qualified(name: string, domain: Fields): string {
  const domainName = textOf(domain['name']) ?? textOf(domain['id']);
  return domainName === null || domain['id'] === 'default' ? name : `${name}@${domainName}`;
}

function fieldsOf(value: unknown): Fields {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Fields) : {};
}

function textOf(value: unknown): string | null {
  return typeof value === 'string' && value !== '' ? value : null;
}
