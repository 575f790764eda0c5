import { canonicalJson } from '../../common/canonical-json.js';

/**
 * How a caller's payload becomes the start of a plan: `events` and `when` say which payloads do, `parameters` what is taken
 * from them. Places in the payload are JSON Pointers (RFC 6901). Decides only, and without patterns that could be slow.
 */
export interface HookMapping {
  /** Names as the caller's header has them (`push`, `Pipeline Hook`); empty: any. */
  readonly events: readonly string[];
  /** All have to hold. */
  readonly when: readonly HookCondition[];
  readonly parameters: Readonly<Record<string, HookValue>>;
}

export interface HookCondition {
  readonly pointer: string;
  readonly equals?: unknown;
  readonly oneOf?: readonly unknown[];
  readonly startsWith?: string;
}

export interface HookValue {
  /** Always this. */
  readonly value?: unknown;
  /** What is there, without the prefix. */
  readonly pointer?: string;
  readonly stripPrefix?: string;
  /** Text with pointers in braces: `release-{/ref_name}`. */
  readonly template?: string;
  /** Where nothing is there. */
  readonly fallback?: unknown;
}

export type MappedCall =
  | { readonly outcome: 'start'; readonly parameters: Readonly<Record<string, unknown>> }
  | { readonly outcome: 'ignore'; readonly reason: string }
  | { readonly outcome: 'refuse'; readonly reason: string };

const POINTER = /^(\/([^~/]|~[01])*)*$/u;
const IN_BRACES = /\{((?:\/(?:[^~/{}]|~[01])*)+)\}/gu;

export function isPointer(text: string): boolean {
  return POINTER.test(text);
}

export function mapCall(mapping: HookMapping, event: string | null, payload: unknown): MappedCall {
  if (mapping.events.length > 0 && !mapping.events.includes(event ?? '')) {
    return { outcome: 'ignore', reason: `The event ${event ?? '(none)'} is none of those that start the plan.` };
  }
  const failed = mapping.when.find((condition) => !holds(condition, payload));
  if (failed) return { outcome: 'ignore', reason: `The condition on ${failed.pointer} does not hold.` };
  const parameters: Record<string, unknown> = {};
  for (const [name, wanted] of Object.entries(mapping.parameters)) {
    const value = valueOf(wanted, payload);
    if (value === undefined) {
      return { outcome: 'refuse', reason: `The payload has nothing for the parameter ${name}.` };
    }
    parameters[name] = value;
  }
  return { outcome: 'start', parameters };
}

/** What is at a place; undefined where there is nothing. */
export function valueAt(payload: unknown, pointer: string): unknown {
  if (pointer === '') return payload;
  let at = payload;
  for (const part of pointer.slice(1).split('/')) {
    const name = part.replaceAll('~1', '/').replaceAll('~0', '~');
    if (typeof at !== 'object' || at === null || !Object.hasOwn(at, name)) return undefined;
    if (Array.isArray(at) && !/^\d+$/.test(name)) return undefined;
    at = (at as Record<string, unknown>)[name];
  }
  return at;
}

function holds({ pointer, equals, oneOf, startsWith }: HookCondition, payload: unknown): boolean {
  const found = valueAt(payload, pointer);
  if (found === undefined) return false;
  if (startsWith !== undefined) return typeof found === 'string' && found.startsWith(startsWith);
  const wanted = oneOf ?? [equals];
  return wanted.some((each) => canonicalJson(each) === canonicalJson(found));
}

function valueOf({ value, pointer, stripPrefix, template, fallback }: HookValue, payload: unknown): unknown {
  if (pointer !== undefined) {
    const found = valueAt(payload, pointer) ?? fallback;
    const hasPrefix = typeof found === 'string' && stripPrefix !== undefined && found.startsWith(stripPrefix);
    return hasPrefix ? found.slice(stripPrefix.length) : found;
  }
  return template === undefined ? value : (filled(template, payload) ?? fallback);
}

function filled(template: string, payload: unknown): string | undefined {
  let isWhole = true;
  const text = template.replace(IN_BRACES, (_whole, pointer: string) => {
    const found = valueAt(payload, pointer);
    if (typeof found === 'string' || typeof found === 'number' || typeof found === 'boolean') return String(found);
    isWhole = false;
    return '';
  });
  return isWhole ? text : undefined;
}
