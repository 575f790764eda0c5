/** A decoded answer of which nothing is known yet. */
export type JsonObject = Readonly<Record<string, unknown>>;

export function isObject(value: unknown): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** What stands at the end of a way through objects; undefined where the way ends early. */
export function partOf(from: unknown, ...path: readonly string[]): unknown {
  return path.reduce<unknown>((value, name) => (isObject(value) ? value[name] : undefined), from);
}

const LONGEST_TEXT = 255;

/** A text as it may be kept and shown: of one line, not too long. */
export function textAt(from: unknown, ...path: readonly string[]): string | null {
  const value = partOf(from, ...path);
  if (typeof value !== 'string') return null;
  const line = value.replace(/[\p{C}\s]+/gu, ' ').trim();
  return line === '' ? null : line.slice(0, LONGEST_TEXT);
}

export function numberAt(from: unknown, ...path: readonly string[]): number | null {
  const value = partOf(from, ...path);
  return typeof value === 'number' && Number.isFinite(value) && value >= 0 ? value : null;
}

export function textsAt(from: unknown, ...path: readonly string[]): string[] | null {
  const value = partOf(from, ...path);
  return Array.isArray(value) ? value.filter((item) => typeof item === 'string') : null;
}

/** The path of a link (`{"@odata.id": "/redfish/v1/…"}`), whatever host the controller believes to be. */
export function linkAt(from: unknown, ...path: readonly string[]): string | null {
  const value = partOf(from, ...path, '@odata.id');
  return typeof value === 'string' ? pathOfLink(value) : null;
}

/** Only its path: the log-in goes to the host that the design names and to no other. */
export function pathOfLink(link: string): string | null {
  const base = 'http://controller';
  if (!URL.canParse(link, base)) return null;
  const { pathname, search } = new URL(link, base);
  return pathname.startsWith('//') ? null : `${pathname}${search}`;
}
