import { Injectable } from '@nestjs/common';
import { InjectDataSource } from '@nestjs/typeorm';
import { DataSource } from 'typeorm';
import { type Principal, type Role, roleCovers } from '../../auth/principal.js';
import { User } from '../../auth/user.entity.js';
import { UsersService } from '../../auth/users.service.js';
import { normaliseUsername } from '../../auth/username.js';
import type { NamedUser } from '../access/subjects.service.js';
import { highestOf } from './system-roles.js';

/**
 * The roles in all of Slipway. A user has exactly one, so the highest that was given counts; and one without any is an account
 * that is not active.
 */
@Injectable()
export class SystemRolesService {
  constructor(
    @InjectDataSource() private readonly database: DataSource,
    private readonly users: UsersService,
  ) {}

  rolesOf({ role, isActive }: User): Role[] {
    return isActive ? [role] : [];
  }

  async setRolesOf(principal: Principal, user: User, roles: readonly Role[]): Promise<void> {
    const role = highestOf(roles);
    await this.users.change(principal, user.id, role === null ? { isActive: false } : { role, isActive: true });
  }

  holders(role: Role): Promise<NamedUser[]> {
    return this.database.query(
      `select u.username, coalesce(p.first_name, '') as "firstName", coalesce(p.last_name, '') as "lastName"
       from users u left join genesis_profiles p on p.user_id = u.id
       where u.role = $1 and u.is_active order by u.username`,
      [role],
    );
  }

  /**
   * Replaces all who have the role. Who is named and has a higher one keeps that; who had it and is not named any more has
   * none. Answers with the names nobody has.
   */
  async replaceHolders(principal: Principal, role: Role, names: readonly string[]): Promise<string[]> {
    return this.database.transaction(async (tx) => {
      // In one order, so that of two replacements at the same time one waits for the other.
      const all = await tx.find(User, { order: { id: 'ASC' } });
      const wanted = new Set(names.map(normaliseUsername));
      for (const user of all) {
        const holds = user.isActive && user.role === role;
        if (wanted.has(user.username) && !(user.isActive && roleCovers(user.role, role))) {
          await this.users.changeWithin(tx, principal, user.id, { role, isActive: true });
        } else if (holds && !wanted.has(user.username)) {
          await this.users.changeWithin(tx, principal, user.id, { isActive: false });
        }
      }
      const known = new Set(all.map(({ username }) => username));
      return names.filter((name) => !known.has(normaliseUsername(name)));
    });
  }
}
