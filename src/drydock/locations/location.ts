/** Where a design or an asset is (spec drydock section 2.3). */
export interface Location {
  readonly kind: 'web' | 'file';
  /** The service behind it, which takes a token of ours. */
  readonly isOurs: boolean;
  /** Without the login that may have stood in it. */
  readonly url: URL;
  readonly login: { readonly username: string; readonly password: string } | null;
}

const LONGEST = 2048;
const SCHEMES = /^(?:(deckhand|promenade)\+)?(https?|file):\/\//i;

/** Null: this may be a place; otherwise why it is none. Never repeats what stands there: it may hold a password. */
export function refProblem(ref: unknown): string | null {
  const read = readLocation(ref);
  return typeof read === 'string' ? read : null;
}

/** The text: why it is no location. */
export function readLocation(ref: unknown): Location | string {
  if (typeof ref !== 'string' || ref === '') return 'a location must be a text';
  if (ref.length > LONGEST) return `a location must not be longer than ${LONGEST} characters`;
  if (/\p{Cc}|\p{Surrogate}/u.test(ref)) return 'a location must not hold control characters';
  const [prefix, service, scheme = ''] = SCHEMES.exec(ref) ?? [];
  const isFile = scheme.toLowerCase() === 'file';
  if (prefix === undefined || (service !== undefined && isFile)) {
    return 'a location must begin with http, https, file, deckhand+http or promenade+http';
  }
  const plain = service === undefined ? ref : ref.slice(service.length + 1);
  const url = URL.canParse(plain) ? new URL(plain) : null;
  if (url === null || (!isFile && url.hostname === '')) return 'a location must be an address';
  return { kind: isFile ? 'file' : 'web', isOurs: service !== undefined, login: takeLogin(url), url };
}

function takeLogin(url: URL): Location['login'] {
  const { username, password } = url;
  if (username === '' && password === '') return null;
  url.username = '';
  url.password = '';
  return { username: decoded(username), password: decoded(password) };
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}
