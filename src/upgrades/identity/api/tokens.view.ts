import type { Token } from '../../../auth/token.entity.js';
import type { User } from '../../../auth/user.entity.js';

/** Spec upgrade sections 1.2 and 2. The key is no part of it. */
export interface TokenView {
  readonly id: number;
  readonly user: number;
  readonly user_name: string;
  readonly key_preview: string;
  readonly kind: string;
  readonly description: string;
  readonly write_enabled: boolean;
  readonly expires: string | null;
  readonly allowed_ips: string;
  readonly created: string;
  readonly last_used: string | null;
}

export function toTokenView(token: Token, owner: Pick<User, 'username'>): TokenView {
  return {
    id: token.id,
    user: token.userId,
    user_name: owner.username,
    key_preview: token.keyPreview,
    kind: token.kind,
    description: token.description,
    write_enabled: token.writeEnabled,
    expires: token.expiresAt?.toISOString() ?? null,
    allowed_ips: token.allowedIps.join(','),
    created: token.createdAt.toISOString(),
    last_used: token.lastUsedAt?.toISOString() ?? null,
  };
}

/** The one answer that holds the key: to the request that made it. */
export function toMintedTokenView(
  minted: { token: Token; key: string },
  owner: Pick<User, 'username'>,
): TokenView & { readonly key: string } {
  return { ...toTokenView(minted.token, owner), key: minted.key };
}
