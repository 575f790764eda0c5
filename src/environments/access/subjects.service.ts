import { Injectable } from '@nestjs/common';
import type { EntityManager } from 'typeorm';
import { normaliseUsername } from '../../auth/username.js';

/** Users and groups, as rows that hold rights name them. */
export interface Subjects {
  readonly userIds: readonly number[];
  readonly groupIds: readonly number[];
}

/** What a request named, and which of it there is. */
export interface FoundSubjects extends Subjects {
  readonly nonExistentUsers: readonly string[];
  readonly nonExistentGroups: readonly string[];
}

export interface NamedUser {
  readonly username: string;
  readonly firstName: string;
  readonly lastName: string;
}

export interface NamedSubjects {
  readonly users: readonly NamedUser[];
  readonly groups: readonly string[];
}

type SubjectTable = 'genesis_project_members' | 'genesis_grants';

/** Between the names clients use and the ids rights are kept by. */
@Injectable()
export class SubjectsService {
  /** Names nobody has are handed back, not refused (spec environments section 2.2); the others are held against deletion. */
  async find(tx: EntityManager, users: readonly string[], groups: readonly string[]): Promise<FoundSubjects> {
    const userIds = await idsByName(
      tx,
      'select id, username as name from users where username = any($1) order by id for key share',
      users,
    );
    const groupIds = await idsByName(
      tx,
      'select id, name from genesis_groups where name = any($1) order by id for key share',
      groups,
    );
    return {
      userIds: [...userIds.values()],
      groupIds: [...groupIds.values()],
      nonExistentUsers: users.filter((name) => !userIds.has(normaliseUsername(name))),
      nonExistentGroups: groups.filter((name) => !groupIds.has(normaliseUsername(name))),
    };
  }

  /** Whom the rows of a table name that a condition selects, by name. */
  async namedBy(
    manager: EntityManager,
    table: SubjectTable,
    where: Readonly<Record<string, unknown>>,
  ): Promise<NamedSubjects> {
    const columns = Object.keys(where);
    const condition = columns.map((column, index) => `m.${column} = $${index + 1}`).join(' and ');
    const values = Object.values(where);
    const users: NamedUser[] = await manager.query(
      `select u.username, coalesce(p.first_name, '') as "firstName", coalesce(p.last_name, '') as "lastName"
       from ${table} m join users u on u.id = m.user_id left join genesis_profiles p on p.user_id = u.id
       where ${condition} order by u.username`,
      values,
    );
    const groups: { name: string }[] = await manager.query(
      `select g.name from ${table} m join genesis_groups g on g.id = m.group_id where ${condition} order by g.name`,
      values,
    );
    return { users, groups: groups.map(({ name }) => name) };
  }
}

/** The ids by the names they are stored under; the same person named twice is there once. */
async function idsByName(tx: EntityManager, query: string, names: readonly string[]): Promise<Map<string, number>> {
  const rows: { id: number; name: string }[] = await tx.query(query, [names.map(normaliseUsername)]);
  return new Map(rows.map(({ id, name }) => [name, id]));
}
