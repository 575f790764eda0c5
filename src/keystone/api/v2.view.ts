import { legacyCatalogAt, type LegacyCatalogEntry } from '../catalog.js';
import type { KeystoneToken } from '../keystone-tokens.service.js';
import { PROJECT, roleNamesOf } from '../project.js';
import { micros, seconds } from './stamps.js';

export interface TenantView {
  readonly id: string;
  readonly name: string;
  readonly description: string;
  readonly enabled: boolean;
}

export const TENANT: TenantView = {
  id: PROJECT.id,
  name: PROJECT.name,
  description: PROJECT.description,
  enabled: true,
};

/** What a log-in, a look at a token and a change of password answer (spec fuel section 4.2). */
export interface AccessView {
  readonly access: {
    readonly token: {
      readonly id: string;
      readonly issued_at: string;
      readonly expires: string;
      readonly tenant: TenantView;
    };
    readonly user: {
      readonly id: string;
      readonly name: string;
      readonly username: string;
      readonly roles: readonly { readonly name: string }[];
      readonly roles_links: readonly never[];
    };
    readonly serviceCatalog: readonly LegacyCatalogEntry[];
    readonly metadata: { readonly is_admin: number; readonly roles: readonly string[] };
  };
}

export function toAccessView(token: KeystoneToken, origin: string): AccessView {
  const roles = roleNamesOf(token.user.role, token.writeEnabled);
  return {
    access: {
      token: {
        id: token.key,
        issued_at: micros(token.issuedAt).replace(/Z$/, ''),
        expires: seconds(token.expiresAt),
        tenant: TENANT,
      },
      user: {
        id: String(token.user.id),
        name: token.user.username,
        username: token.user.username,
        roles: roles.map((name) => ({ name })),
        roles_links: [],
      },
      serviceCatalog: legacyCatalogAt(origin),
      metadata: { is_admin: 0, roles },
    },
  };
}
