import { createHash } from 'node:crypto';
import { catalogAt, type CatalogEntry } from '../catalog.js';
import type { KeystoneToken } from '../keystone-tokens.service.js';
import { DOMAIN, PROJECT, roleNamesOf } from '../project.js';
import { micros } from './stamps.js';

interface Named {
  readonly id: string;
  readonly name: string;
}

/** The body of a v3 token; its key travels in `X-Subject-Token`. */
export interface TokenView {
  readonly token: {
    readonly methods: readonly string[];
    readonly user: Named & { readonly domain: Named; readonly password_expires_at: null };
    readonly audit_ids: readonly string[];
    readonly expires_at: string;
    readonly issued_at: string;
    readonly project?: Named & { readonly domain: Named };
    readonly is_domain?: boolean;
    readonly roles?: readonly Named[];
    readonly catalog?: readonly CatalogEntry[];
  };
}

export interface TokenParts {
  readonly isScoped: boolean;
  readonly withCatalog: boolean;
  /** How the client showed who it is, where that is known better than from the token. */
  readonly methods?: readonly string[];
}

export function toTokenView(token: KeystoneToken, origin: string, parts: TokenParts): TokenView {
  const { user } = token;
  return {
    token: {
      methods: parts.methods ?? token.methods,
      user: { id: String(user.id), name: user.username, domain: DOMAIN, password_expires_at: null },
      audit_ids: [auditIdOf(token.id)],
      expires_at: micros(token.expiresAt),
      issued_at: micros(token.issuedAt),
      ...(parts.isScoped ? scopeOf(token) : {}),
      ...(parts.isScoped && parts.withCatalog ? { catalog: catalogAt(origin) } : {}),
    },
  };
}

function scopeOf({ user, writeEnabled }: KeystoneToken): Pick<TokenView['token'], 'project' | 'is_domain' | 'roles'> {
  return {
    project: { id: PROJECT.id, name: PROJECT.name, domain: DOMAIN },
    is_domain: false,
    roles: roleNamesOf(user.role, writeEnabled).map((name) => ({ id: name, name })),
  };
}

/** Names a token in logs of other services without giving it away; 22 characters as Keystone's. */
function auditIdOf(id: number): string {
  return createHash('sha256').update(`slipway token ${id}`).digest('base64url').slice(0, 22);
}

export interface ProjectsView {
  readonly projects: readonly {
    readonly id: string;
    readonly name: string;
    readonly domain_id: string;
    readonly description: string;
    readonly enabled: boolean;
    readonly parent_id: string;
    readonly is_domain: boolean;
    readonly tags: readonly string[];
    readonly options: object;
    readonly links: { readonly self: string };
  }[];
  readonly links: { readonly self: string; readonly next: null; readonly previous: null };
}

export function toProjectsView(origin: string): ProjectsView {
  const { id, name, description } = PROJECT;
  const root = `${origin}/keystone/v3`;
  return {
    projects: [
      {
        id,
        name,
        domain_id: DOMAIN.id,
        description,
        enabled: true,
        parent_id: DOMAIN.id,
        is_domain: false,
        tags: [],
        options: {},
        links: { self: `${root}/projects/${id}` },
      },
    ],
    links: { self: `${root}/auth/projects`, next: null, previous: null },
  };
}
