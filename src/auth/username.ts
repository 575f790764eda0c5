import { Invalid } from '../common/errors.js';

const LONGEST = 150;
/** Letters and digits of any script, and what e-mail addresses and service accounts need. */
const ALLOWED = /^[\p{L}\p{M}\p{N}][\p{L}\p{M}\p{N}@.+_\- ]*$/u;

/** Two spellings that look alike must be one name, so every name is compared and stored in its NFKC form. */
export function normaliseUsername(text: string): string {
  return text.trim().normalize('NFKC');
}

/** What is wrong with a name somebody wants to give, or null. */
export function usernameProblem(username: string): string | null {
  if (username === '') return 'This field may not be blank.';
  if (username.length > LONGEST) return `Ensure this field has no more than ${LONGEST} characters.`;
  if (!ALLOWED.test(username)) {
    return 'Enter a valid username: letters, digits, spaces and @ . + - _ only, beginning with a letter or digit.';
  }
  return null;
}

/** The stored form of a new name. Throws `Invalid` with details `{field: 'username'}`. */
export function newUsername(text: string): string {
  const username = normaliseUsername(text);
  const problem = usernameProblem(username);
  if (problem !== null) throw new Invalid(problem, { field: 'username' });
  return username;
}
