import type { GenesisGroup } from '../../records/genesis-group.entity.js';
import { type JsonObject, given, namesOf, optionalTextOf, required, textOf } from '../../wire/genesis-body.js';
import { type Link, link, linksOf } from '../../wire/genesis-links.js';
import type { GenesisUser, GenesisUserWish, ProfileWish } from '../genesis-users.service.js';
import type { GroupWish } from '../groups.service.js';

/** Spec environments section 2.2. Never with anything of the password. */
export function toUserView({ username, email, firstName, lastName, jobTitle }: GenesisUser) {
  return { username, email, firstName, lastName, jobTitle: jobTitle ?? undefined };
}

export function toUserLinks(address: string, username: string, writes: boolean): Link[] {
  const href = `${address}/rest/users/${encodeURIComponent(username)}`;
  return linksOf([link('self', href, 'User', { get: true, put: writes, delete: writes })]);
}

/** What the completion of the web interface's role forms takes. */
export function toUserChoice({ username, firstName, lastName }: GenesisUser) {
  const name = [firstName, lastName].filter((part) => part !== '').join(' ');
  return { key: username, value: name === '' ? username : `${name} (${username})` };
}

export function toProfileWish(body: JsonObject): ProfileWish {
  const groups = given(body, 'groups');
  return {
    email: textOf(required(body, 'email')).trim(),
    firstName: textOf(required(body, 'firstName')).trim(),
    lastName: textOf(required(body, 'lastName')).trim(),
    jobTitle: optionalTextOf(given(body, 'jobTitle')),
    groups: groups === undefined ? undefined : namesOf(groups),
  };
}

export function toUserWish(body: JsonObject): GenesisUserWish {
  return {
    username: textOf(required(body, 'username')).trim(),
    password: textOf(required(body, 'password')),
    ...toProfileWish(body),
  };
}

export function toGroupView({ id, name, description, mailingList }: GenesisGroup) {
  return { id, name, description, mailingList: mailingList ?? undefined };
}

export function toGroupLinks(address: string, id: number, writes: boolean): Link[] {
  return linksOf([
    link('self', `${address}/rest/groups/${id}`, 'UserGroup', { get: true, put: writes, delete: writes }),
  ]);
}

export function toGroupWish(body: JsonObject): GroupWish {
  const users = given(body, 'users');
  return {
    name: textOf(required(body, 'name')).trim(),
    description: textOf(required(body, 'description')).trim(),
    mailingList: optionalTextOf(given(body, 'mailingList'))?.trim(),
    users: users === undefined ? undefined : namesOf(users),
  };
}
