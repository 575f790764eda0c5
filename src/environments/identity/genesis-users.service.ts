import { Injectable } from '@nestjs/common';
import { InjectDataSource } from '@nestjs/typeorm';
import { DataSource, type EntityManager } from 'typeorm';
import { AuditService } from '../../auth/audit/audit.service.js';
import { hashPassword } from '../../auth/password-hash.js';
import type { Principal } from '../../auth/principal.js';
import { User } from '../../auth/user.entity.js';
import { UsersService } from '../../auth/users.service.js';
import { violatedUnique } from '../../database/pg-errors.js';
import { GenesisProfile } from '../records/genesis-profile.entity.js';
import { allOf, assertFields, emailRule, formed, sized } from '../wire/field-rules.js';
import { missing, refused } from '../wire/genesis-result.js';
import { GroupsService } from './groups.service.js';

export interface ProfileWish {
  readonly email: string;
  readonly firstName: string;
  readonly lastName: string;
  readonly jobTitle?: string;
  /** Names or ids; undefined leaves them as they are. */
  readonly groups?: readonly string[];
}

export interface GenesisUserWish extends ProfileWish {
  readonly username: string;
  readonly password: string;
}

export interface GenesisUser {
  readonly id: number;
  readonly username: string;
  readonly email: string;
  readonly firstName: string;
  readonly lastName: string;
  readonly jobTitle: string | null;
}

const LETTERS = formed(/^[\p{L} ]*$/u, 'Invalid format. Only letters and spaces are allowed.');
const PROFILE_RULES = {
  email: emailRule,
  firstName: allOf(sized(1, 50), LETTERS),
  lastName: allOf(sized(1, 50), LETTERS),
  jobTitle: sized(0, 50),
};
const ACCOUNT_RULES = {
  username: allOf(
    sized(2, 32),
    formed(
      /^[a-z0-9][a-z0-9._-]*$/,
      'Invalid format. Use a combination of latin lowercase letters, numbers, dots, hyphens and underscores.',
    ),
  ),
  password: sized(3, 64),
};

const SELECT = `select u.id, u.username, u.email, coalesce(p.first_name, '') as "firstName",
    coalesce(p.last_name, '') as "lastName", p.job_title as "jobTitle"
  from users u left join genesis_profiles p on p.user_id = u.id`;

/** Slipway's users as this dialect shows them: with a name, a job and groups. */
@Injectable()
export class GenesisUsersService {
  constructor(
    @InjectDataSource() private readonly database: DataSource,
    private readonly users: UsersService,
    private readonly groups: GroupsService,
    private readonly audit: AuditService,
  ) {}

  list(): Promise<GenesisUser[]> {
    return this.database.query(`${SELECT} order by u.username`);
  }

  async search(part: string): Promise<GenesisUser[]> {
    const wanted = part.toLowerCase();
    return (await this.list()).filter(({ username }) => username.toLowerCase().startsWith(wanted));
  }

  async get(username: string): Promise<GenesisUser> {
    const { id } = await this.account(username);
    const rows: GenesisUser[] = await this.database.query(`${SELECT} where u.id = $1`, [id]);
    if (rows[0] === undefined) throw noUser(username);
    return rows[0];
  }

  /** The account behind a name in a path. */
  async account(username: string): Promise<User> {
    const user = await this.users.findByUsername(username);
    if (user === null) throw noUser(username);
    return user;
  }

  /** Without a role nobody can log in: an account waits for one before it is active (spec environments section 1.3). */
  async create(principal: Principal, wish: GenesisUserWish): Promise<GenesisUser> {
    assertFields({ ...wish, groups: undefined }, { ...ACCOUNT_RULES, ...PROFILE_RULES });
    const passwordHash = await hashPassword(wish.password);
    try {
      await this.database.transaction(async (tx) => {
        await assertFreeEmail(tx, wish.email, 0);
        const { username, email } = wish;
        const account = { username, email, passwordHash, role: 'operator', isActive: false } as const;
        const { id } = await this.users.insert(tx, principal, account);
        await this.setProfile(tx, principal, { id, username }, wish);
      });
    } catch (error) {
      if (violatedUnique(error) !== 'users_username_key') throw error;
      throw refused({ compoundServiceErrors: [`User with username [${wish.username}] is already registered`] });
    }
    return this.get(wish.username);
  }

  async update(principal: Principal, username: string, wish: ProfileWish): Promise<GenesisUser> {
    const user = await this.account(username);
    assertFields({ ...wish, groups: undefined }, PROFILE_RULES);
    await this.database.transaction(async (tx) => {
      await this.users.changeWithin(tx, principal, user.id, { email: wish.email });
      await assertFreeEmail(tx, wish.email, user.id);
      await this.setProfile(tx, principal, user, wish);
    });
    return this.get(username);
  }

  async remove(principal: Principal, username: string): Promise<void> {
    await this.users.remove(principal, (await this.account(username)).id);
  }

  private async setProfile(
    tx: EntityManager,
    principal: Principal,
    { id: userId, username }: Pick<User, 'id' | 'username'>,
    { firstName, lastName, jobTitle = null, groups }: Omit<ProfileWish, 'jobTitle'> & { jobTitle?: string | null },
  ): Promise<void> {
    const before = await tx.findOneBy(GenesisProfile, { userId });
    const after = { userId, firstName, lastName, jobTitle };
    await tx.upsert(GenesisProfile, after, ['userId']);
    await this.audit.record(tx, principal, {
      action: 'set_profile',
      objectType: 'user',
      objectId: userId,
      objectRepr: username,
      before,
      after: { ...after, groups },
    });
    if (groups !== undefined) await this.groups.setGroupsOf(tx, userId, groups);
  }
}

async function assertFreeEmail(tx: EntityManager, email: string, exceptId: number): Promise<void> {
  const others: unknown[] = await tx.query('select 1 from users where lower(email) = lower($1) and id <> $2 limit 1', [
    email,
    exceptId,
  ]);
  if (others.length === 0) return;
  throw refused({ compoundServiceErrors: [`User with email [${email}] is already registered`] });
}

function noUser(username: string) {
  return missing(`User[username = ${username.slice(0, 150)}] was not found`);
}
