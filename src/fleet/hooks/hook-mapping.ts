/**
 * How a caller's payload becomes the start of a plan: `when` says which payloads do, `parameters` what is taken from them.
 * Places in the payload are JSON Pointers (RFC 6901).
 */
export interface HookMapping {
  readonly when: readonly HookCondition[];
  readonly parameters: Readonly<Record<string, HookValue>>;
}

export interface HookCondition {
  readonly pointer: string;
  readonly equals: string | number | boolean | null;
}

export type HookValue = { readonly pointer: string } | { readonly value: unknown };
