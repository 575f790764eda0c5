import type { Principal, Role } from '../../../auth/principal.js';
import type { PageView } from '../../api/page.dto.js';
import { type TokenRow, type UserRow, versionOf } from '../identity-rows.js';

export class UserView {
  id: number;
  username: string;
  email: string;
  role: Role;
  active: boolean;
  version: number;
  created_at: Date;
  updated_at: Date;
  last_login_at: Date | null;
}

export class UserPage implements PageView<UserView> {
  items: UserView[];
  next_cursor: string | null;
}

export class TokenView {
  id: number;
  user: number;
  username: string;
  kind: TokenRow['kind'];
  /** The one plan it may start, where it is of the kind `plan`. */
  plan: string | null;
  /** Its first characters, to tell it from others. */
  key_preview: string;
  description: string;
  write_enabled: boolean;
  allowed_ips: string[];
  created_at: Date;
  expires_at: Date | null;
  last_used_at: Date | null;
}

export class TokenPage implements PageView<TokenView> {
  items: TokenView[];
  next_cursor: string | null;
}

export class NewTokenView extends TokenView {
  /** Shown once. Null where the request was a repetition. */
  key: string | null;
}

/** Who asks. */
export class MeView {
  id: number | null;
  username: string;
  role: Role;
  /** How it was shown: `token`, `bearer`, `basic`, … */
  source: string;
  write_enabled: boolean;
}

export class LoginView {
  token: string;
  expires_at: Date | null;
  username: string;
  role: Role;
}

export function toUserView(user: UserRow): UserView {
  return {
    id: user.id,
    username: user.username,
    email: user.email,
    role: user.role,
    active: user.isActive,
    version: versionOf(user.updatedAt),
    created_at: user.createdAt,
    updated_at: user.updatedAt,
    last_login_at: user.lastLoginAt,
  };
}

export function toTokenView(token: TokenRow): TokenView {
  return {
    id: token.id,
    user: token.userId,
    username: token.username,
    kind: token.kind,
    plan: token.plan,
    key_preview: token.keyPreview,
    description: token.description,
    write_enabled: token.writeEnabled,
    allowed_ips: [...token.allowedIps],
    created_at: token.createdAt,
    expires_at: token.expiresAt,
    last_used_at: token.lastUsedAt,
  };
}

export function toMeView({ userId, username, role, source, writeEnabled }: Principal): MeView {
  return { id: userId, username, role, source, write_enabled: writeEnabled };
}
