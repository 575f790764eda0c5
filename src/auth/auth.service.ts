import { Injectable } from '@nestjs/common';
import { Refused, Unauthenticated } from '../common/errors.js';
import { isAllowedFrom } from './allowed-networks.js';
import type { Credential } from './credential.js';
import { FailureLimits } from './failure-limits.js';
import { PasswordVerifier } from './password-verifier.js';
import type { Origin, Principal, Scheme } from './principal.js';
import { TokensService } from './tokens.service.js';
import type { User } from './user.entity.js';
import { UsersService } from './users.service.js';
import { normaliseUsername } from './username.js';

/** Longer ones are nobody's; they are compared cut short, so that megabytes cost no more than a wrong password. */
const LONGEST_INPUT = 1024;

/**
 * Says who a credential stands for. Refuses with `Unauthenticated`, whose details hold a `code` (`invalid_token`, `expired`,
 * `disabled`, `invalid_credentials`) and the `scheme`, or with `Refused` and the code `address`; each dialect words them.
 */
@Injectable()
export class AuthService {
  constructor(
    private readonly users: UsersService,
    private readonly tokens: TokensService,
    private readonly verifier: PasswordVerifier,
    private readonly limits: FailureLimits,
  ) {}

  async authenticate(credential: Credential, origin: Origin): Promise<Principal> {
    try {
      return credential.scheme === 'basic'
        ? await this.byPassword(credential.username, credential.password, origin)
        : await this.byKey(credential.scheme, credential.key, origin);
    } catch (error) {
      if (error instanceof Unauthenticated) await this.limits.refused(origin.address);
      throw error;
    }
  }

  /** The active user these are right for, or null. Takes as long for an unknown user as for a wrong password. */
  async userByPassword(username: string, password: string): Promise<User | null> {
    const isTooLong = username.length > LONGEST_INPUT || password.length > LONGEST_INPUT;
    const name = normaliseUsername(username.slice(0, LONGEST_INPUT));
    const user = await this.users.findByUsername(name);
    const hash = isTooLong ? null : (user?.passwordHash ?? null);
    const matches = await this.verifier.verify(name, password.slice(0, LONGEST_INPUT), hash);
    return user && matches && user.isActive ? user : null;
  }

  private async byPassword(username: string, password: string, origin: Origin): Promise<Principal> {
    const user = await this.userByPassword(username, password);
    if (!user) throw unauthenticated('invalid_credentials', 'basic', 'The user name or the password is wrong.');
    return principalOf(user, { ...origin, source: 'basic', tokenId: null, writeEnabled: true });
  }

  private async byKey(scheme: Exclude<Scheme, 'basic'>, key: string, origin: Origin): Promise<Principal> {
    const found = key.length > LONGEST_INPUT ? null : await this.tokens.findByKey(key);
    if (!found) throw unauthenticated('invalid_token', scheme, 'The token is not valid.');
    const { token, owner } = found;
    const now = new Date();
    if (token.expiresAt !== null && token.expiresAt <= now) {
      throw unauthenticated('expired', scheme, 'The token has expired.');
    }
    if (!owner.isActive) throw unauthenticated('disabled', scheme, 'The owner of the token is disabled.');
    if (!isAllowedFrom(origin.address, token.allowedIps)) {
      throw new Refused('The token may not be used from this address.', { code: 'address', scheme });
    }
    await this.tokens.touch(token, now);
    return principalOf(owner, { ...origin, source: scheme, tokenId: token.id, writeEnabled: token.writeEnabled });
  }
}

export function principalOf(
  user: User,
  how: Pick<Principal, 'tokenId' | 'writeEnabled' | 'address' | 'source' | 'userAgent'>,
): Principal {
  return { userId: user.id, username: user.username, role: user.role, ...how };
}

function unauthenticated(code: string, scheme: Scheme, message: string): Unauthenticated {
  return new Unauthenticated(message, { code, scheme });
}
