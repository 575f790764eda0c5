import { REDACTED } from '../../drivers/ssh/redact.js';

/** Shorter ones would blot out every word they are a part of, and what is left around the holes would tell them. */
const SHORTEST_ANYWHERE = 3;

/** The longest first: a secret may be a part of another one. One or two characters are masked as a word of their own. */
export function maskSecrets(text: string, secrets: readonly string[]): string {
  return [...secrets]
    .sort((one, other) => other.length - one.length)
    .reduce(
      (masked, secret) => (isShort(secret) ? maskWord(masked, secret) : masked.replaceAll(secret, REDACTED)),
      text,
    );
}

export function isShort(secret: string): boolean {
  return secret.length < SHORTEST_ANYWHERE;
}

/**
 * A word ends where a letter or a digit would not go on with it: `7` is masked in `pin=7`, not in `17`. Nor does a star go on
 * with it, or `*` would be found in every mask.
 */
function maskWord(text: string, word: string): string {
  if (word === '') return text;
  const pattern = word.replace(/[\\^$.*+?()[\]{}|/]/g, '\\$&');
  return text.replace(new RegExp(`(?<![\\p{L}\\p{N}*])${pattern}(?![\\p{L}\\p{N}*])`, 'gu'), REDACTED);
}
