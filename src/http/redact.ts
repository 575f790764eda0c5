/** Keeps secrets out of logs, by the names they go under. Pure. */

const SECRET_NAME =
  /pass(word|phrase|wd)?$|secret|token|authori[sz]ation|cookie|private_?key|api_?key|bootaction-key|^key$|credential|signature/i;
const MASK = '[redacted]';
const MAX_DEPTH = 6;

export function isSecretName(name: string): boolean {
  return SECRET_NAME.test(name);
}

/** A copy of what is to be logged, with the value of everything that is named like a secret masked. */
export function redacted(value: unknown, depth = 0): unknown {
  if (typeof value === 'string') return redactedText(value);
  if (typeof value !== 'object' || value === null) return value;
  if (value instanceof Date || Buffer.isBuffer(value)) return Buffer.isBuffer(value) ? '[bytes]' : value;
  if (depth >= MAX_DEPTH) return '[deeper]';
  if (Array.isArray(value)) return value.map((item) => redacted(item, depth + 1));
  return Object.fromEntries(
    Object.entries(value).map(([name, inner]) => [name, isSecretName(name) ? MASK : redacted(inner, depth + 1)]),
  );
}

/**
 * Credentials that stand in running text: an Authorization header's value, a password inside an address. Anybody may have
 * 60 KB of anything logged as a path, so nothing here may look at the same character again and again.
 */
export function redactedText(text: string): string {
  return text
    .replace(/\b(Token|Bearer|Basic)\s+[\w+/=.~-]{8,}/gi, `$1 ${MASK}`)
    .replace(/(:\/\/[^\s:/@]*):[^\s/@]+@/g, `$1:${MASK}@`);
}

/**
 * The address of a request, with the values of query parameters named like secrets masked. So is what follows `tokens` in
 * its path, where Keystone v2.0 has the token itself; a number there is our own name for one.
 */
export function redactedUrl(url: string): string {
  const start = url.indexOf('?');
  if (start === -1) return redactedPath(url);
  const pairs = url
    .slice(start + 1)
    .split('&')
    .map((pair) => {
      const name = pair.split('=', 1)[0] ?? '';
      return isSecretName(decoded(name)) && pair.includes('=') ? `${name}=${MASK}` : pair;
    });
  return `${redactedPath(url.slice(0, start))}?${pairs.join('&')}`;
}

function redactedPath(path: string): string {
  const segments = path.split('/');
  const isKey = (segment: string, index: number) =>
    index > 0 && decoded(segments[index - 1] ?? '') === 'tokens' && !/^\d*$/.test(segment);
  return segments.map((segment, index) => (isKey(segment, index) ? MASK : segment)).join('/');
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}
