import type { FoundSubjects } from '../../access/subjects.service.js';
import { given, type JsonObject, namesOf } from '../../wire/genesis-body.js';

/** `{users: [], groups: []}`, either may be left out. */
export function toNames(body: JsonObject): { users: string[]; groups: string[] } {
  return { users: namesOf(given(body, 'users')), groups: namesOf(given(body, 'groups')) };
}

export function toUnknownNames({ nonExistentUsers, nonExistentGroups }: FoundSubjects) {
  return { nonExistentUsers, nonExistentGroups };
}
