import type { FoundSubjects } from '../../access/subjects.service.js';
import { given, type JsonObject, namesOf, required } from '../../wire/genesis-body.js';

/** `{users: [], groups: []}`, either may be left out. Not both: everybody would lose what they have by a slip of the pen. */
export function toNames(body: JsonObject): { users: string[]; groups: string[] } {
  if (given(body, 'groups') === undefined) required(body, 'users');
  return { users: namesOf(given(body, 'users')), groups: namesOf(given(body, 'groups')) };
}

export function toUnknownNames({ nonExistentUsers, nonExistentGroups }: FoundSubjects) {
  return { nonExistentUsers, nonExistentGroups };
}
