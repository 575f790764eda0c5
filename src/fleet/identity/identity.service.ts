import { Injectable } from '@nestjs/common';
import { DataSource } from 'typeorm';
import { hashPassword } from '../../auth/password-hash.js';
import type { Principal, Role } from '../../auth/principal.js';
import { TokensService, type TokenWish } from '../../auth/tokens.service.js';
import type { User } from '../../auth/user.entity.js';
import { newUsername } from '../../auth/username.js';
import { type UserChange, UsersService } from '../../auth/users.service.js';
import { assertExpected, type ExpectedVersion } from '../../common/expected-version.js';
import { Invalid, NotFound } from '../../common/errors.js';
import { violatedUnique } from '../../database/pg-errors.js';
import { once, type IdempotentRequest } from '../../http/idempotency/idempotency.js';
import { Conditions } from '../paging/conditions.js';
import { listPage, type ListOrder } from '../paging/list-page.js';
import type { Page, PageWish } from '../paging/page.js';
import { TOKEN_COLUMNS, type TokenRow, USER_COLUMNS, type UserRow, versionOf } from './identity-rows.js';

export interface UserWish {
  readonly username: string;
  readonly password: string;
  readonly role: Role;
  readonly email: string;
}

export interface NewToken {
  readonly id: number;
  /** Only in the answer to the request that made it: it is stored as a hash. */
  readonly key: string | null;
}

const USERS: ListOrder = { list: 'users', direction: 'asc', keys: [{ column: 'u.id', type: 'integer' }] };
const TOKENS: ListOrder = { list: 'tokens', direction: 'asc', keys: [{ column: 't.id', type: 'integer' }] };
const FROM_TOKENS = 'tokens t join users u on u.id = t.user_id';

/** Users and tokens, for administrators; the rules are those of every dialect. */
@Injectable()
export class FleetIdentity {
  constructor(
    private readonly dataSource: DataSource,
    private readonly users: UsersService,
    private readonly tokens: TokensService,
  ) {}

  listUsers(filter: { role?: Role; active?: boolean }, wish: PageWish): Promise<Page<UserRow>> {
    const where = new Conditions()
      .addIf(filter.role, (role) => `u.role = ${role}`)
      .addIf(filter.active, (active) => `u.is_active = ${active}::boolean`);
    return listPage(this.dataSource, { order: USERS, columns: USER_COLUMNS, from: 'users u', where, wish });
  }

  async getUser(id: number): Promise<UserRow> {
    const [user] = await this.dataSource.query<UserRow[]>(`select ${USER_COLUMNS} from users u where u.id = $1`, [id]);
    if (!user) throw new NotFound(`No user has the id ${id}.`);
    return user;
  }

  /** The password is no part of what a repetition is compared by: not even its hash is kept with the key. */
  async createUser(principal: Principal, wish: UserWish, repeat: IdempotentRequest | null): Promise<number> {
    const username = newUsername(wish.username);
    const passwordHash = await hashPassword(wish.password);
    const { role, email } = wish;
    const request = repeat && { ...repeat, body: { username, role, email } };
    try {
      const { id } = await this.dataSource.transaction((tx) =>
        once(tx, request, async () => {
          const user = await this.users.insert(tx, principal, { username, passwordHash, role, email });
          return { id: user.id };
        }),
      );
      return id;
    } catch (error) {
      if (violatedUnique(error) !== 'users_username_key') throw error;
      throw new Invalid('A user with that name already exists.', { code: 'username_taken' });
    }
  }

  async changeUser(
    principal: Principal,
    id: number,
    { password, ...change }: Pick<UserChange, 'email' | 'role' | 'isActive' | 'password'>,
    expected: ExpectedVersion,
  ): Promise<void> {
    const passwordHash = password === undefined ? null : await hashPassword(password);
    await this.dataSource.transaction(async (tx) => {
      await this.users.changeWithin(tx, principal, id, change, expectedOf(expected));
      if (passwordHash !== null) await this.users.setPasswordWithin(tx, principal, id, passwordHash);
    });
  }

  async removeUser(principal: Principal, id: number, expected: ExpectedVersion): Promise<void> {
    await this.dataSource.transaction((tx) => this.users.removeWithin(tx, principal, id, expectedOf(expected)));
  }

  listTokens(filter: { user?: number; kind?: string }, wish: PageWish): Promise<Page<TokenRow>> {
    const where = new Conditions()
      .addIf(filter.user, (id) => `t.user_id = ${id}::integer`)
      .addIf(filter.kind, (kind) => `t.kind = ${kind}`);
    return listPage(this.dataSource, { order: TOKENS, columns: TOKEN_COLUMNS, from: FROM_TOKENS, where, wish });
  }

  async getToken(id: number): Promise<TokenRow> {
    const rows = await this.dataSource.query<TokenRow[]>(
      `select ${TOKEN_COLUMNS} from ${FROM_TOKENS} where t.id = $1`,
      [id],
    );
    if (!rows[0]) throw new NotFound(`No token has the id ${id}.`);
    return rows[0];
  }

  /** A repetition finds the token made, and not its key: that is nowhere. */
  async createToken(
    principal: Principal,
    ownerId: number | null,
    wish: TokenWish,
    repeat: IdempotentRequest | null,
  ): Promise<NewToken> {
    let key: string | null = null;
    const { id } = await this.dataSource.transaction((tx) =>
      once(tx, repeat, async () => {
        const minted = await this.tokens.createWithin(tx, principal, ownerId, wish);
        key = minted.key;
        return { id: minted.token.id };
      }),
    );
    return { id, key };
  }

  removeToken(principal: Principal, id: number): Promise<void> {
    return this.tokens.revoke(principal, id);
  }
}

function expectedOf(expected: ExpectedVersion): (user: User) => void {
  return ({ updatedAt }) => assertExpected(expected, versionOf(updatedAt));
}
