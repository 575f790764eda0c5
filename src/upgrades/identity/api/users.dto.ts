import { ROLES, type Role } from '../../../auth/principal.js';
import { normaliseUsername, usernameProblem } from '../../../auth/username.js';
import type { NewUser, UserChange } from '../../../auth/users.service.js';
import { boolean, choice, matching, text } from '../../drf/field-rules.js';
import { Field, type FieldRule } from '../../drf/fields.js';

const anyText = text({ max: 1000 });

const username: FieldRule<string> = (value) => {
  const given = anyText(value);
  if ('error' in given) return given;
  const name = normaliseUsername(given.value);
  const error = usernameProblem(name);
  return error === null ? { value: name } : { error };
};

const email = matching(/^[^\s@]+@[^\s@]+$/, 'Enter a valid email address.', { max: 254, blank: true });
const password = text({ max: 1024, trim: false });

/** A change of a user; on PUT the name has to be there, everything else may be left out and stays. */
export class UserBody {
  @Field(username) username?: string;
  @Field(password, { optional: true }) password?: string;
  @Field(email, { optional: true }) email?: string;
  @Field(choice(ROLES), { optional: true }) role?: Role;
  @Field(boolean, { optional: true }) is_active?: boolean;
}

/** Who says nothing of a role gets the least one. */
export class NewUserBody {
  @Field(username) username: string;
  @Field(password) password: string;
  @Field(email, { optional: true }) email?: string;
  @Field(choice(ROLES), { optional: true }) role?: Role;
  @Field(boolean, { optional: true }) is_active?: boolean;
}

export class PasswordBody {
  @Field(password) password: string;
}

export function toNewUser(body: NewUserBody): NewUser {
  const { username, password, email, role = 'viewer', is_active: isActive } = body;
  return { username, password, email, role, isActive };
}

export function toUserChange(body: UserBody): UserChange {
  const { username, password, email, role, is_active: isActive } = body;
  return { username, password, email, role, isActive };
}
