import { Injectable } from '@nestjs/common';
import { InjectDataSource } from '@nestjs/typeorm';
import { DataSource, type EntityManager } from 'typeorm';
import { Conflict, Invalid, NotFound, Unauthenticated } from '../common/errors.js';
import { defined } from '../common/fields/defined.js';
import { violatedUnique } from '../database/pg-errors.js';
import { AuditService } from './audit/audit.service.js';
import { hashPassword } from './password-hash.js';
import type { Principal, Role } from './principal.js';
import { Token } from './token.entity.js';
import { User } from './user.entity.js';
import { newUsername, normaliseUsername } from './username.js';

export interface NewUser {
  readonly username: string;
  readonly password: string;
  readonly role: Role;
  readonly email?: string;
  readonly isActive?: boolean;
}

/** What is undefined stays as it is. */
export type UserChange = Partial<NewUser>;

/** The people and programs that may use Slipway. Every change leaves an audit record in the same transaction. */
@Injectable()
export class UsersService {
  constructor(
    @InjectDataSource() private readonly database: DataSource,
    private readonly audit: AuditService,
  ) {}

  async findByUsername(username: string): Promise<User | null> {
    const wanted = normaliseUsername(username);
    // No stored name holds NUL, and PostgreSQL refuses to compare with one.
    if (wanted.includes('\0')) return null;
    return this.database.getRepository(User).findOneBy({ username: wanted });
  }

  async get(id: number): Promise<User> {
    const user = await this.database.getRepository(User).findOneBy({ id });
    if (!user) throw new NotFound(`No user has the id ${id}`);
    return user;
  }

  /** Throws `Invalid` with details `{field: 'username'}` where the name is bad or taken. */
  async create(principal: Principal, wish: NewUser): Promise<User> {
    const username = newUsername(wish.username);
    const passwordHash = await hashPassword(wish.password);
    return refusingTakenNames(() =>
      this.database.transaction((tx) => this.insert(tx, principal, { ...wish, username, passwordHash })),
    );
  }

  /** Stores a user whose name and hash are ready, inside the caller's transaction. */
  async insert(
    tx: EntityManager,
    principal: Principal,
    wish: Omit<NewUser, 'password'> & { passwordHash: string },
  ): Promise<User> {
    const { username, passwordHash, role, email = '', isActive = true } = wish;
    const user = await tx.save(tx.create(User, { username, passwordHash, role, email, isActive, lastLoginAt: null }));
    await this.recordChange(tx, principal, 'create', null, user);
    return user;
  }

  async change(principal: Principal, id: number, wish: UserChange): Promise<User> {
    const fields: Partial<User> = defined({
      username: wish.username === undefined ? undefined : newUsername(wish.username),
      passwordHash: wish.password === undefined ? undefined : await hashPassword(wish.password),
      role: wish.role,
      email: wish.email,
      isActive: wish.isActive,
    });
    return refusingTakenNames(() =>
      this.database.transaction((tx) => this.update(tx, principal, id, 'update', () => fields)),
    );
  }

  /** As `change`, inside the caller's transaction. */
  async changeWithin(
    tx: EntityManager,
    principal: Principal,
    id: number,
    { email, role, isActive }: Pick<UserChange, 'email' | 'role' | 'isActive'>,
    assertMay?: (user: User) => void,
  ): Promise<User> {
    return this.update(tx, principal, id, 'update', (user) => {
      assertMay?.(user);
      return defined({ email, role, isActive });
    });
  }

  /** Also ends the user's log-ins, but for the one that asks for it. */
  async setPassword(principal: Principal, id: number, password: string): Promise<User> {
    const passwordHash = await hashPassword(password);
    return this.database.transaction((tx) => this.setPasswordWithin(tx, principal, id, passwordHash));
  }

  /** The same with a hash that is ready, inside the caller's transaction. */
  setPasswordWithin(tx: EntityManager, principal: Principal, id: number, passwordHash: string): Promise<User> {
    return this.update(tx, principal, id, 'set_password', () => ({ passwordHash }));
  }

  /** For a user who has shown the old password: `shown` is the user it was right for. Ends the user's log-ins. */
  async replacePassword(principal: Principal, shown: User, password: string): Promise<User> {
    const passwordHash = await hashPassword(password);
    return this.database.transaction((tx) =>
      this.update(tx, principal, shown.id, 'set_password', (user) => {
        // Of two who know the same old password only one may replace it.
        if (user.passwordHash === shown.passwordHash && user.isActive) return { passwordHash };
        throw new Unauthenticated('The password has been changed.', { code: 'invalid_credentials' });
      }),
    );
  }

  async toggleActive(principal: Principal, id: number): Promise<User> {
    return this.database.transaction((tx) =>
      this.update(tx, principal, id, 'toggle_active', (user) => ({ isActive: !user.isActive })),
    );
  }

  async remove(principal: Principal, id: number): Promise<void> {
    await this.database.transaction((tx) => this.removeWithin(tx, principal, id));
  }

  /** As `remove`, inside the caller's transaction. */
  async removeWithin(
    tx: EntityManager,
    principal: Principal,
    id: number,
    assertMay?: (user: User) => void,
  ): Promise<void> {
    const { user, isLastAdministrator } = await this.lock(tx, id);
    assertMay?.(user);
    if (isLastAdministrator) throw lastAdministrator();
    await tx.delete(User, id);
    await this.recordChange(tx, principal, 'delete', user, null);
  }

  private async update(
    tx: EntityManager,
    principal: Principal,
    id: number,
    action: string,
    change: (user: User) => Partial<User>,
  ): Promise<User> {
    const { user: before, isLastAdministrator } = await this.lock(tx, id);
    const after = tx.create(User, { ...before, ...change(before), updatedAt: new Date() });
    if (isLastAdministrator && !isActiveAdministrator(after)) throw lastAdministrator();
    await tx.save(after);
    if (after.passwordHash !== before.passwordHash) await endLogins(tx, id, principal.tokenId);
    await this.recordChange(tx, principal, action, before, after);
    return after;
  }

  /**
   * Takes the user's row together with every active administrator's, always in the same order: of two administrators who
   * remove each other at the same time, the second sees what the first left, and neither waits for the other for ever.
   */
  private async lock(tx: EntityManager, id: number): Promise<{ user: User; isLastAdministrator: boolean }> {
    const locked = await tx
      .createQueryBuilder(User, 'user')
      .where(`user.id = :id or (user.role = 'admin' and user.isActive)`, { id })
      .orderBy('user.id')
      .setLock('pessimistic_write')
      .getMany();
    const user = locked.find((one) => one.id === id);
    if (!user) throw new NotFound(`No user has the id ${id}`);
    const isLastAdministrator =
      isActiveAdministrator(user) && !locked.some((one) => one.id !== id && isActiveAdministrator(one));
    return { user, isLastAdministrator };
  }

  private async recordChange(
    tx: EntityManager,
    principal: Principal,
    action: string,
    before: User | null,
    after: User | null,
  ): Promise<void> {
    const { id, username } = (after ?? before) as User;
    await this.audit.record(tx, principal, {
      action,
      objectType: 'user',
      objectId: id,
      objectRepr: username,
      before: before && audited(before),
      after: after && audited(after),
    });
  }
}

function audited({ username, email, role, isActive, passwordHash }: User): object {
  return { username, email, role, isActive, password: passwordHash };
}

function lastAdministrator(): Conflict {
  return new Conflict('The last active administrator cannot be deleted, demoted or deactivated.', {
    code: 'last_admin',
  });
}

function isActiveAdministrator(user: User): boolean {
  return user.role === 'admin' && user.isActive;
}

async function endLogins(tx: EntityManager, userId: number, except: number | null): Promise<void> {
  await tx
    .createQueryBuilder()
    .delete()
    .from(Token)
    .where(`user_id = :userId and kind = 'login' and id <> :except`, { userId, except: except ?? 0 })
    .execute();
}

async function refusingTakenNames<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    if (violatedUnique(error) !== 'users_username_key') throw error;
    throw new Invalid('A user with that username already exists.', { field: 'username' });
  }
}
