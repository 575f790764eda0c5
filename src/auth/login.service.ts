import { Injectable } from '@nestjs/common';
import { InjectDataSource } from '@nestjs/typeorm';
import { DataSource } from 'typeorm';
import { Unauthenticated } from '../common/errors.js';
import { AuditService } from './audit/audit.service.js';
import { AuthService, principalOf } from './auth.service.js';
import { FailureLimits } from './failure-limits.js';
import type { Origin, Principal } from './principal.js';
import { type MintedToken, TokensService } from './tokens.service.js';
import { User } from './user.entity.js';
import { normaliseUsername } from './username.js';
import { UsersService } from './users.service.js';

export interface LoggedIn extends MintedToken {
  readonly user: User;
  readonly principal: Principal;
}

/** Turns a user name and a password into a token that lives some hours. */
@Injectable()
export class LoginService {
  constructor(
    @InjectDataSource() private readonly database: DataSource,
    private readonly auth: AuthService,
    private readonly tokens: TokensService,
    private readonly limits: FailureLimits,
    private readonly audit: AuditService,
    private readonly users: UsersService,
  ) {}

  /** Throws `Unauthenticated` (code `invalid_credentials`, whatever was wrong) or `Throttled`. */
  async login(username: string, password: string, origin: Origin): Promise<LoggedIn> {
    const name = normaliseUsername(username.slice(0, 1024));
    const loggedIn = await this.limits.attemptLogin(name, origin.address, async () => {
      const user = await this.auth.userByPassword(username, password);
      return user && this.handOutToken(user, origin);
    });
    if (loggedIn) return loggedIn;
    throw wrongPassword();
  }

  /** A new password for who shows the old one, limited and refused as a log-in is. */
  async changePassword(username: string, original: string, wanted: string, origin: Origin): Promise<User> {
    const name = normaliseUsername(username.slice(0, 1024));
    const changed = await this.limits.attemptLogin(name, origin.address, async () => {
      const user = await this.auth.userByPassword(username, original);
      if (!user) return null;
      const principal = principalOf(user, { ...origin, source: 'login', tokenId: null, writeEnabled: true });
      return this.users.replacePassword(principal, user, wanted);
    });
    if (changed) return changed;
    throw wrongPassword();
  }

  /** Null where the user was disabled, deleted or given another password while we compared. */
  private handOutToken(user: User, origin: Origin): Promise<LoggedIn | null> {
    return this.database.transaction(async (tx) => {
      const lastLoginAt = new Date();
      const { affected } = await tx.update(
        User,
        { id: user.id, isActive: true, passwordHash: user.passwordHash },
        { lastLoginAt },
      );
      if (affected !== 1) return null;
      const minted = await this.tokens.mintForLogin(tx, user, lastLoginAt);
      const principal = principalOf(user, { ...origin, source: 'login', tokenId: minted.token.id, writeEnabled: true });
      await this.audit.record(tx, principal, {
        action: 'login',
        objectType: 'user',
        objectId: user.id,
        objectRepr: user.username,
      });
      return { ...minted, user: tx.create(User, { ...user, lastLoginAt }), principal };
    });
  }

  /** Takes back the token the request was made with; nothing to do where it was made without one. */
  async logout(principal: Principal): Promise<void> {
    const { tokenId, plan } = principal;
    if (tokenId === null || plan !== undefined) return;
    await this.database.transaction(async (tx) => {
      if (!(await this.tokens.removeWithin(tx, tokenId))) return;
      await this.audit.record(tx, principal, {
        action: 'logout',
        objectType: 'user',
        objectId: principal.userId ?? '',
        objectRepr: principal.username,
      });
    });
  }
}

function wrongPassword(): Unauthenticated {
  return new Unauthenticated('The user name or the password is wrong.', { code: 'invalid_credentials' });
}
