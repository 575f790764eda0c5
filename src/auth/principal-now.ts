import type { EntityManager } from 'typeorm';
import { Refused } from '../common/errors.js';
import { type Principal, type Role, roleCovers } from './principal.js';
import { User } from './user.entity.js';

/** What is kept of who asked for work that begins later. */
export type KeptPrincipal = Pick<Principal, 'userId' | 'externalId' | 'username' | 'role' | 'externalRoles'>;

/**
 * Who asked for it, as they are now: what begins later is begun with the rights they still have. Of users who are kept
 * elsewhere nobody can say without their token, so they are taken as they were.
 */
export async function principalNow(tx: EntityManager, kept: KeptPrincipal, required: Role): Promise<Principal> {
  const { username, role } = kept.userId === null ? kept : await userNow(tx, kept, kept.userId);
  if (!roleCovers(role, required)) throw new Refused(`${username}, who asked for it, may not do this any more`);
  return { ...kept, username, role, tokenId: null, writeEnabled: true, address: '', source: 'system' };
}

async function userNow(tx: EntityManager, { username }: KeptPrincipal, id: number): Promise<User> {
  const user = await tx.findOneBy(User, { id });
  if (!user?.isActive) throw new Refused(`${username}, who asked for it, is disabled or gone`);
  return user;
}
