import { UsageError } from './session.js';

/** `name=text` and `name:=json`, as HTTPie writes them. A name that comes twice is refused: one of both was meant to count. */
export function parseParameters(items: readonly string[]): Record<string, unknown> {
  const parsed = new Map<string, unknown>();
  for (const item of items) {
    const [, name, sign, text] = /^([A-Za-z_][\w.-]*)(:?=)(.*)$/s.exec(item) ?? [];
    if (name === undefined) throw new UsageError(`"${item}" is no parameter: write name=value, or name:=json`);
    if (parsed.has(name)) throw new UsageError(`The parameter ${name} is given twice`);
    parsed.set(name, sign === '=' ? text : json(name, text!));
  }
  return Object.fromEntries(parsed);
}

function json(name: string, text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    throw new UsageError(`The value of ${name} is not JSON: ${text}`);
  }
}
