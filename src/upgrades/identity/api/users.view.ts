import type { Principal, Role } from '../../../auth/principal.js';
import type { User } from '../../../auth/user.entity.js';
import { permissionsOf } from '../permissions.js';

/** What every answer about a user holds (spec upgrade section 1.2). */
export interface AccountView {
  /** Null for a user of an external Keystone. */
  readonly id: number | null;
  readonly username: string;
  readonly email: string;
  readonly is_staff: boolean;
  readonly is_superuser: boolean;
  readonly groups: readonly string[];
}

export interface UserView extends AccountView {
  readonly role: Role;
  readonly is_active: boolean;
  readonly date_joined: string;
  readonly last_login: string | null;
  readonly created_at: string;
  readonly updated_at: string;
}

/** A superuser is in no group, as observed: it has every permission without one. */
export function toAccountView(user: User): AccountView {
  const isAdministrator = user.role === 'admin';
  return {
    id: user.id,
    username: user.username,
    email: user.email,
    is_staff: isAdministrator,
    is_superuser: isAdministrator,
    groups: isAdministrator ? [] : [user.role],
  };
}

export function toUserView(user: User): UserView {
  return {
    ...toAccountView(user),
    role: user.role,
    is_active: user.isActive,
    date_joined: user.createdAt.toISOString(),
    last_login: user.lastLoginAt?.toISOString() ?? null,
    created_at: user.createdAt.toISOString(),
    updated_at: user.updatedAt.toISOString(),
  };
}

/** Somebody who is kept elsewhere: all we know is what the request's token says. */
export function toGuestView({ username, role }: Principal): AccountView & { readonly permissions: readonly string[] } {
  const isAdministrator = role === 'admin';
  return {
    id: null,
    username,
    email: '',
    is_staff: isAdministrator,
    is_superuser: isAdministrator,
    groups: isAdministrator ? [] : [role],
    permissions: permissionsOf(role),
  };
}

export function toMeView(user: User): AccountView & { readonly permissions: readonly string[] } {
  return { ...toAccountView(user), permissions: permissionsOf(user.role) };
}
