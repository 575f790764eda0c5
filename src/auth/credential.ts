import type { Scheme } from './principal.js';

/** What a request shows to say who it is; nobody has checked it yet. */
export type Credential =
  | { readonly scheme: Exclude<Scheme, 'basic'>; readonly key: string }
  | { readonly scheme: 'basic'; readonly username: string; readonly password: string };

/** The headers credentials travel in. */
export interface CredentialHeaders {
  readonly authorization?: string;
  readonly 'x-auth-token'?: string | string[];
  readonly cookie?: string;
}

/** The scheme in any case, any blanks around the key; no key at all is as good as no header. */
export function keyCredential(scheme: 'token' | 'bearer', headers: CredentialHeaders): Credential | null {
  const key = afterScheme(scheme, headers.authorization);
  return key ? { scheme, key } : null;
}

export function headerCredential(headers: CredentialHeaders): Credential | null {
  const header = headers['x-auth-token'];
  const key = (Array.isArray(header) ? header[0] : header)?.trim();
  return key ? { scheme: 'x-auth-token', key } : null;
}

/** A key in the cookie `token`, where Fuel's web interface keeps it (spec fuel section 4.1). */
export function cookieCredential(headers: CredentialHeaders): Credential | null {
  const key = cookieNamed('token', headers);
  return key === null ? null : { scheme: 'cookie', key };
}

/** The cookie of a session that OpenGenesis' web interface signed in to (spec environments section 1.3). */
export const SESSION_COOKIE = 'JSESSIONID';

export function sessionCredential(headers: CredentialHeaders): Credential | null {
  const key = cookieNamed(SESSION_COOKIE, headers);
  return key === null ? null : { scheme: 'session', key };
}

/** User name and password by RFC 7617: the name ends at the first colon, the password may hold more of them. */
export function basicCredential(headers: CredentialHeaders): { username: string; password: string } | null {
  const encoded = afterScheme('basic', headers.authorization);
  if (!encoded || !/^[A-Za-z0-9+/_-]+={0,2}$/.test(encoded)) return null;
  const text = Buffer.from(encoded, 'base64').toString('utf8');
  const colon = text.indexOf(':');
  return colon < 0 ? null : { username: text.slice(0, colon), password: text.slice(colon + 1) };
}

function cookieNamed(wanted: string, headers: CredentialHeaders): string | null {
  for (const pair of (headers.cookie ?? '').split(';')) {
    const [name = '', ...value] = pair.split('=');
    const key = value
      .join('=')
      .trim()
      .replace(/^"(.*)"$/, '$1');
    if (name.trim() === wanted && key !== '') return key;
  }
  return null;
}

function afterScheme(scheme: string, header: string | undefined): string | null {
  // Trimmed first: a pattern that also looks for the end of the blanks tries every one of 60,000 in the middle of a key.
  const match = /^([A-Za-z-]+)\s+(\S.*)$/.exec((header ?? '').trim());
  return match?.[1]?.toLowerCase() === scheme ? (match[2] ?? null) : null;
}
