/**
 * What a change looks like in the audit trail. Decides only: which fields differ, and which must not be written down.
 * A secret's value never gets past this file; that it changed does.
 */
export type AuditFields = Record<string, unknown>;

export const SECRET_MARK = '(secret)';
const LONGEST_TEXT = 1000;
const LARGEST_SIDE = 32 * 1024;

const SECRET_NAME =
  /password|passwd|passphrase|secret|token|credentials?$|authorization|_encrypted$|(^|_)(keys?|pin|hash|enable)$/;
/** Names that only look like secrets. */
const PUBLIC_NAME =
  /^(has|is|may)_|^host_keys?(_|$)|^(public|foreign|primary|sort)_key|_(preview|id|fingerprint|policy)$|^key_preview$/;

export function isSecretName(name: string): boolean {
  const snake = name
    .replace(/([a-z0-9])([A-Z])/g, '$1_$2')
    .replaceAll('-', '_')
    .toLowerCase();
  return SECRET_NAME.test(snake) && !PUBLIC_NAME.test(snake);
}

/** The two sides of a change: only fields that differ, secrets marked. A side that was not given stays null. */
export function auditDiff(
  before: object | null | undefined,
  after: object | null | undefined,
): { before: AuditFields | null; after: AuditFields | null } {
  const old = plain(before);
  const now = plain(after);
  if (old === null || now === null) return { before: old && shown(old), after: now && shown(now) };
  const changed = [...new Set([...Object.keys(old), ...Object.keys(now)])].filter(
    (name) => JSON.stringify(old[name]) !== JSON.stringify(now[name]),
  );
  return { before: shown(pick(old, changed)), after: shown(pick(now, changed)) };
}

/** As JSON would carry it, so that dates, undefined and class instances compare by what is stored. */
function plain(value: object | null | undefined): AuditFields | null {
  if (value === null || value === undefined) return null;
  const text = JSON.stringify(value, (_name, item: unknown) => (typeof item === 'bigint' ? item.toString() : item));
  return JSON.parse(text) as AuditFields;
}

function pick(fields: AuditFields, names: readonly string[]): AuditFields {
  return Object.fromEntries(names.filter((name) => Object.hasOwn(fields, name)).map((name) => [name, fields[name]]));
}

function shown(fields: AuditFields): AuditFields {
  const safe = withoutSecrets(fields) as AuditFields;
  if (JSON.stringify(safe).length <= LARGEST_SIDE) return safe;
  return { '(shortened)': Object.keys(safe).slice(0, 100) };
}

function withoutSecrets(value: unknown): unknown {
  if (typeof value === 'string') return storableText(value);
  if (Array.isArray(value)) return value.map(withoutSecrets);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(
    Object.entries(value).map(([name, item]) => [
      storableText(name),
      isSecretName(name) && item !== null && item !== '' ? SECRET_MARK : withoutSecrets(item),
    ]),
  );
}

/** PostgreSQL stores no NUL and no half a character; an address may carry a login. */
export function storableText(text: string, longest = LONGEST_TEXT): string {
  const clean = text
    .replaceAll('\0', '')
    .replace(/[\uD800-\uDBFF](?![\uDC00-\uDFFF])|(?<![\uD800-\uDBFF])[\uDC00-\uDFFF]/g, '\uFFFD')
    .replace(/:\/\/[^/\s@]+@/g, `://${SECRET_MARK}@`);
  return clean.length > longest ? `${clean.slice(0, longest).replace(/[\uD800-\uDBFF]$/, '')}…` : clean;
}
