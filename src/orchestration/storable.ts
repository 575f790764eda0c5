/** PostgreSQL's text and jsonb hold neither NUL nor half a surrogate pair, and what a device prints may. */
export function storableText(text: string): string {
  return text.replaceAll('\u0000', '').replace(/\p{Surrogate}/gu, '\ufffd');
}

const UNSTORABLE = /\\u(?:0000|d[89a-f])/;

/** The value as JSON that PostgreSQL takes. Cleaning is slow and rarely needed, so the text is looked at first. */
export function storableJson(value: unknown): string {
  const json = JSON.stringify(value);
  if (!UNSTORABLE.test(json)) return json;
  return JSON.stringify(value, (_key, item: unknown) => (typeof item === 'string' ? storableText(item) : item));
}
