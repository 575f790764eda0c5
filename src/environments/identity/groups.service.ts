import { Injectable } from '@nestjs/common';
import { InjectDataSource } from '@nestjs/typeorm';
import { DataSource, type EntityManager, In } from 'typeorm';
import { AuditService } from '../../auth/audit/audit.service.js';
import type { Principal } from '../../auth/principal.js';
import { User } from '../../auth/user.entity.js';
import { NotFound } from '../../common/errors.js';
import { violatedUnique } from '../../database/pg-errors.js';
import { GenesisGroupMember } from '../records/genesis-group-member.entity.js';
import { GenesisGroup } from '../records/genesis-group.entity.js';
import { allOf, assertFields, emailRule, filled, formed, sized } from '../wire/field-rules.js';
import { missing, refused } from '../wire/genesis-result.js';

export interface GroupWish {
  readonly name: string;
  readonly description: string;
  readonly mailingList?: string;
  /** User names; undefined leaves the members as they are. */
  readonly users?: readonly string[];
}

const RULES = {
  name: allOf(
    sized(2, 32),
    formed(
      /^[a-z0-9._-]*$/,
      'Invalid format. Use a combination of latin lowercase letters, numbers, dots, hyphens and underscores.',
    ),
  ),
  description: allOf(filled, sized(1, 4096)),
  mailingList: (value: string) => (value === '' ? undefined : emailRule(value)),
};

/** A group as the audit trail has it: who is in it belongs to it. */
interface AuditedGroup extends GenesisGroup {
  readonly users?: readonly string[];
}

/** Groups of users, to give project roles and grants to together. */
@Injectable()
export class GroupsService {
  constructor(
    @InjectDataSource() private readonly database: DataSource,
    private readonly audit: AuditService,
  ) {}

  list(): Promise<GenesisGroup[]> {
    return this.database.getRepository(GenesisGroup).find({ order: { name: 'ASC' } });
  }

  async get(id: number): Promise<GenesisGroup> {
    return found(id, await this.database.getRepository(GenesisGroup).findOneBy({ id }));
  }

  groupsOf(userId: number): Promise<GenesisGroup[]> {
    return this.database
      .createQueryBuilder(GenesisGroup, 'g')
      .innerJoin(GenesisGroupMember, 'm', 'm.groupId = g.id and m.userId = :userId', { userId })
      .orderBy('g.name')
      .getMany();
  }

  async memberNames(id: number): Promise<string[]> {
    await this.get(id);
    return namesOfMembers(this.database.manager, id);
  }

  async create(principal: Principal, wish: GroupWish): Promise<GenesisGroup> {
    assertFields({ ...wish, users: undefined }, RULES);
    return refusingTakenNames(wish.name, () =>
      this.database.transaction(async (tx) => {
        const group = await tx.save(tx.create(GenesisGroup, rowOf(wish)));
        await this.setMembers(tx, group.id, wish.users ?? []);
        await this.record(tx, principal, 'create', null, { ...group, users: wish.users ?? [] });
        return group;
      }),
    );
  }

  async update(principal: Principal, id: number, wish: GroupWish): Promise<GenesisGroup> {
    assertFields({ ...wish, users: undefined }, RULES);
    return refusingTakenNames(wish.name, () =>
      this.database.transaction(async (tx) => {
        const group = await lock(tx, id);
        const before = { ...group, users: await namesOfMembers(tx, id) };
        const after = await tx.save(tx.create(GenesisGroup, { ...group, ...rowOf(wish) }));
        if (wish.users !== undefined) await this.setMembers(tx, id, wish.users);
        await this.record(tx, principal, 'update', before, { ...after, users: await namesOfMembers(tx, id) });
        return after;
      }),
    );
  }

  async remove(principal: Principal, id: number): Promise<void> {
    await this.database.transaction(async (tx) => {
      const group = await lock(tx, id);
      await tx.delete(GenesisGroup, id);
      await this.record(tx, principal, 'delete', group, null);
    });
  }

  /** One member more or less; says nothing where nothing changes. */
  async changeMember(principal: Principal, id: number, username: string, isMember: boolean): Promise<void> {
    await this.database.transaction(async (tx) => {
      const group = await lock(tx, id);
      const before = await namesOfMembers(tx, id);
      if (isMember && before.includes(username)) {
        throw refused({ compoundServiceErrors: [`User [${username}] is already in the group`] });
      }
      const rest = before.filter((name) => name !== username);
      await this.setMembers(tx, id, isMember ? [...rest, username] : rest);
      const after = { ...group, users: await namesOfMembers(tx, id) };
      await this.record(tx, principal, 'update', { ...group, users: before }, after);
    });
  }

  /** Inside the caller's transaction, who writes the audit record. Groups by name or by id. */
  async setGroupsOf(tx: EntityManager, userId: number, wanted: readonly string[]): Promise<void> {
    const groups = await tx.find(GenesisGroup, { order: { id: 'ASC' }, lock: { mode: 'for_key_share' } });
    const ids = wanted.map((text) => {
      const group = groups.find(({ id, name }) => name === text || String(id) === text);
      if (group === undefined) {
        const fault = `Group ${text.slice(0, 64)} does not exist`;
        throw new NotFound(fault, { errors: { serviceErrors: { groups: fault } } });
      }
      return group.id;
    });
    await tx.delete(GenesisGroupMember, { userId });
    await tx.insert(
      GenesisGroupMember,
      [...new Set(ids)].map((groupId) => ({ groupId, userId })),
    );
  }

  private async setMembers(tx: EntityManager, groupId: number, usernames: readonly string[]): Promise<void> {
    // Held, so that none of them is deleted before this is written.
    const users = await tx.find(User, {
      where: { username: In([...usernames]) },
      order: { id: 'ASC' },
      lock: { mode: 'for_key_share' },
    });
    if (users.length < new Set(usernames).size) throw missing('Some of usernames in list is not found');
    await tx.delete(GenesisGroupMember, { groupId });
    await tx.insert(
      GenesisGroupMember,
      users.map(({ id: userId }) => ({ groupId, userId })),
    );
  }

  private async record(
    tx: EntityManager,
    principal: Principal,
    action: string,
    before: AuditedGroup | null,
    after: AuditedGroup | null,
  ): Promise<void> {
    const { id, name } = (after ?? before) as AuditedGroup;
    await this.audit.record(tx, principal, {
      action,
      objectType: 'genesis_group',
      objectId: id,
      objectRepr: name,
      before,
      after,
    });
  }
}

function rowOf({ name, description, mailingList }: GroupWish) {
  return { name, description, mailingList: mailingList ?? null };
}

async function lock(tx: EntityManager, id: number): Promise<GenesisGroup> {
  return found(id, await tx.findOne(GenesisGroup, { where: { id }, lock: { mode: 'pessimistic_write' } }));
}

function found(id: number, group: GenesisGroup | null): GenesisGroup {
  if (group === null) throw missing(`Group [id = ${id}] was not found`);
  return group;
}

async function namesOfMembers(manager: EntityManager, groupId: number): Promise<string[]> {
  const rows: { username: string }[] = await manager.query(
    `select u.username from genesis_group_members m join users u on u.id = m.user_id
     where m.group_id = $1 order by u.username`,
    [groupId],
  );
  return rows.map(({ username }) => username);
}

async function refusingTakenNames<T>(name: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    if (violatedUnique(error) !== 'genesis_groups_name_key') throw error;
    throw refused({ compoundServiceErrors: [`Group with name '${name}' already exists`] });
  }
}
