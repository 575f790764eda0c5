import { Injectable } from '@nestjs/common';
import { Refused, Unauthenticated } from '../common/errors.js';
import { isAllowedFrom } from './allowed-networks.js';
import type { Credential } from './credential.js';
import { ExternalTokens } from './external-tokens.js';
import { FailureLimits } from './failure-limits.js';
import { PasswordVerifier } from './password-verifier.js';
import type { Origin, Principal, Scheme } from './principal.js';
import { TokensService, type TokenWithOwner } from './tokens.service.js';
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
    private readonly external: ExternalTokens,
  ) {}

  authenticate(credential: Credential, origin: Origin): Promise<Principal> {
    return this.countingRefusals(origin, () =>
      credential.scheme === 'basic'
        ? this.byPassword(credential.username, credential.password, origin)
        : this.byKey(credential.scheme, credential.key, origin),
    );
  }

  /** A token shown to get another for it: only one of our own, refused as `authenticate` would refuse it. */
  ownToken(key: string, origin: Origin): Promise<TokenWithOwner> {
    return this.countingRefusals(origin, async () => {
      const found = await this.findToken(key);
      // One that starts a plan and nothing else is worth no other.
      if (!found || found.token.plan !== null) {
        throw unauthenticated('invalid_token', 'token', 'The token is not valid.');
      }
      assertUsable(found, 'token', origin);
      return found;
    });
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
    const found = await this.findToken(key);
    if (!found) return this.byForeignKey(scheme, key, origin);
    assertUsable(found, scheme, origin);
    const { token, owner } = found;
    await this.tokens.touch(token, new Date());
    const principal = { ...origin, source: scheme, tokenId: token.id, writeEnabled: token.writeEnabled };
    return principalOf(owner, token.plan === null ? principal : { ...principal, plan: token.plan });
  }

  /** Its role is what the service that vouches for it says just now, so nothing of such a user is stored here. */
  private async byForeignKey(scheme: Exclude<Scheme, 'basic'>, key: string, origin: Origin): Promise<Principal> {
    const user = await this.external.identify(key);
    if (!user) throw unauthenticated('invalid_token', scheme, 'The token is not valid.');
    const { id: externalId, username, role, roleNames: externalRoles } = user;
    if (role === null) throw new Refused('The token gives no role here.', { code: 'role', role: 'viewer' });
    return {
      userId: null,
      externalId,
      username,
      role,
      externalRoles,
      ...origin,
      source: 'external',
      tokenId: null,
      writeEnabled: true,
    };
  }

  private async findToken(key: string): Promise<TokenWithOwner | null> {
    return key.length > LONGEST_INPUT ? null : this.tokens.findByKey(key);
  }

  private async countingRefusals<T>(origin: Origin, work: () => Promise<T>): Promise<T> {
    try {
      return await work();
    } catch (error) {
      if (error instanceof Unauthenticated) await this.limits.refused(origin.address);
      throw error;
    }
  }
}

function assertUsable({ token, owner }: TokenWithOwner, scheme: Scheme, origin: Origin): void {
  if (token.expiresAt !== null && token.expiresAt <= new Date()) {
    throw unauthenticated('expired', scheme, 'The token has expired.');
  }
  if (!owner.isActive) throw unauthenticated('disabled', scheme, 'The owner of the token is disabled.');
  if (!isAllowedFrom(origin.address, token.allowedIps)) {
    throw new Refused('The token may not be used from this address.', { code: 'address', scheme });
  }
}

export function principalOf(
  user: User,
  how: Pick<Principal, 'tokenId' | 'writeEnabled' | 'address' | 'source' | 'userAgent' | 'plan'>,
): Principal {
  return { userId: user.id, username: user.username, role: user.role, ...how };
}

function unauthenticated(code: string, scheme: Scheme, message: string): Unauthenticated {
  return new Unauthenticated(message, { code, scheme });
}
