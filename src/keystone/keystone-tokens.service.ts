import { Injectable } from '@nestjs/common';
import { NotFound, Refused, Unauthenticated } from '../common/errors.js';
import { AuthService } from '../auth/auth.service.js';
import { LoginService } from '../auth/login.service.js';
import { roleCovers, type Origin, type Principal } from '../auth/principal.js';
import { TokensService, type TokenWithOwner } from '../auth/tokens.service.js';
import type { User } from '../auth/user.entity.js';
import { UsersService } from '../auth/users.service.js';
import { Config } from '../config/config.js';

/** A user by name or by the id an earlier answer gave. */
export type UserReference = { readonly name: string } | { readonly id: string };

/** What a client shows to get a token. */
export type Proof =
  | { readonly method: 'password'; readonly user: UserReference; readonly password: string }
  | { readonly method: 'token'; readonly key: string };

/** A token as Keystone tells of it, with its key where the client does not have that yet. */
export interface KeystoneToken {
  readonly id: number;
  readonly key: string;
  readonly user: User;
  readonly methods: readonly string[];
  readonly writeEnabled: boolean;
  readonly issuedAt: Date;
  readonly expiresAt: Date;
}

/** Slipway's own users and tokens under Keystone's calls. */
@Injectable()
export class KeystoneTokens {
  constructor(
    private readonly auth: AuthService,
    private readonly logins: LoginService,
    private readonly tokens: TokensService,
    private readonly users: UsersService,
    private readonly config: Config,
  ) {}

  /**
   * A password gets a new log-in token. A token gets itself, with the time it has left: clients do that on every command
   * (spec fuel section 4.2), and a token each would be one no log-out ever takes back.
   */
  async authenticate(proof: Proof, origin: Origin): Promise<KeystoneToken> {
    if (proof.method === 'password') {
      const { token, user, key } = await this.logins.login(await this.nameOf(proof.user), proof.password, origin);
      return this.described({ token, owner: user }, key);
    }
    const found = await this.auth.ownToken(proof.key, origin);
    await this.tokens.touch(found.token, new Date());
    return this.described(found, proof.key);
  }

  /** For administrators any token, for others their own. An expired one, or a disabled user's, is none. */
  async look(principal: Principal, key: string): Promise<KeystoneToken> {
    const found = await this.find(key);
    if (!mayHandle(principal, found)) throw new Refused('The token is of another user.', { code: 'role' });
    return this.described(found, key);
  }

  async revoke(principal: Principal, key: string): Promise<void> {
    const { token, owner } = await this.find(key);
    if (!mayHandle(principal, { token, owner })) throw new Refused('The token is of another user.', { code: 'role' });
    if (token.id === principal.tokenId) await this.logins.logout(principal);
    else await this.tokens.revoke(principal, token.id);
  }

  /** Only with the old password, which is what shows that it is the user; ends the user's log-ins. */
  async changePassword(user: UserReference, original: string, wanted: string, origin: Origin): Promise<User> {
    return this.logins.changePassword(await this.nameOf(user), original, wanted, origin);
  }

  private async find(key: string): Promise<TokenWithOwner> {
    const found = await this.tokens.findByKey(key);
    // Whoever has it told by us would take it for its owner's whole right.
    const isWhole = found?.token.plan === null;
    const isGood = isWhole && found.owner.isActive && !(found.token.expiresAt && found.token.expiresAt <= new Date());
    if (!isGood) throw new NotFound('Could not find token.');
    return found;
  }

  private described({ token, owner }: TokenWithOwner, key: string): KeystoneToken {
    const lifetime = this.config.values.loginTokenHours * 3_600_000;
    return {
      id: token.id,
      key,
      user: owner,
      methods: [token.kind === 'login' ? 'password' : 'token'],
      writeEnabled: token.writeEnabled,
      issuedAt: token.createdAt,
      // Clients cannot do without an end. One that asks again before it finds the token as good as ever.
      expiresAt: token.expiresAt ?? new Date(Date.now() + lifetime),
    };
  }

  /** A user there is not has a name nobody can have, so that asking for it costs and counts like a wrong password. */
  private async nameOf(user: UserReference): Promise<string> {
    if ('name' in user) return user.name;
    const nobody = `\0${user.id.slice(0, 64)}`;
    if (!/^[1-9]\d{0,8}$/.test(user.id)) return nobody;
    try {
      return (await this.users.get(Number(user.id))).username;
    } catch (error) {
      if (error instanceof NotFound) return nobody;
      throw error;
    }
  }
}

function mayHandle(principal: Principal, { owner }: TokenWithOwner): boolean {
  return principal.userId === owner.id || roleCovers(principal.role, 'admin');
}

/** Keystone says no more than this, whatever was wrong. */
export function notThisUser(): Unauthenticated {
  return new Unauthenticated('The project, the domain or the method is not one of ours.', {
    code: 'invalid_credentials',
  });
}
