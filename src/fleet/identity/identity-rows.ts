import type { Role } from '../../auth/principal.js';
import type { TokenKind } from '../../auth/token.entity.js';

/** Never the password's hash. */
export interface UserRow {
  readonly id: number;
  readonly username: string;
  readonly email: string;
  readonly role: Role;
  readonly isActive: boolean;
  readonly createdAt: Date;
  readonly updatedAt: Date;
  readonly lastLoginAt: Date | null;
}

export const USER_COLUMNS = `u.id, u.username, u.email, u.role, u.is_active as "isActive", u.created_at as "createdAt",
  u.updated_at as "updatedAt", u.last_login_at as "lastLoginAt"`;

/** Never the key's hash. */
export interface TokenRow {
  readonly id: number;
  readonly userId: number;
  readonly username: string;
  readonly kind: TokenKind;
  readonly plan: string | null;
  readonly keyPreview: string;
  readonly description: string;
  readonly writeEnabled: boolean;
  readonly allowedIps: readonly string[];
  readonly createdAt: Date;
  readonly expiresAt: Date | null;
  readonly lastUsedAt: Date | null;
}

export const TOKEN_COLUMNS = `t.id, t.user_id as "userId", u.username, t.kind, t.plan, t.key_preview as "keyPreview",
  t.description, t.write_enabled as "writeEnabled", t.allowed_ips as "allowedIps", t.created_at as "createdAt",
  t.expires_at as "expiresAt", t.last_used_at as "lastUsedAt"`;

/** A user's version is the time of the last change, to the millisecond. */
export function versionOf(updatedAt: Date): number {
  return updatedAt.getTime();
}
