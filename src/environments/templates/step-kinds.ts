import type { SchemaObject } from 'ajv';
import { STEP_KINDS, type StepKind } from './template.js';

/** What the file may say of one kind of step (spec environments section 5.3). */
export interface StepKindRules {
  readonly required: readonly string[];
  readonly properties: Readonly<Record<string, SchemaObject>>;
  /** Keys whose `${…}` is not ours to fill in. */
  readonly verbatim: readonly string[];
  /** Keys that are conditions. */
  readonly conditions: readonly string[];
  /** Names its `export` and conditions may use besides the usual ones, with their types in CEL. */
  readonly results: Readonly<Record<string, string>>;
}

const TEXT = { type: 'string', maxLength: 8_192 } as const;
const WORD = { type: 'string', minLength: 1, maxLength: 255 } as const;
const COMMANDS = { type: 'array', minItems: 1, maxItems: 100, items: { ...TEXT, minLength: 1 } } as const;
const EXIT_CODE = { type: 'integer', minimum: 0, maximum: 255 } as const;
const SECONDS = { type: 'number', exclusiveMinimum: 0, maximum: 86_400 } as const;
const STATUS = { type: 'integer', minimum: 100, maximum: 599 } as const;
const TEXTS = { type: 'object', maxProperties: 100, additionalProperties: TEXT } as const;
const ENVIRONMENT = { ...TEXTS, propertyNames: { pattern: '^[A-Za-z_][A-Za-z0-9_]*$' } } as const;
/** A number, or an expression in a text that gives one. */
const COUNT = { type: ['integer', 'string'], minimum: 1, maximum: 1_000, maxLength: 1_000 } as const;

const RULES: Readonly<Record<StepKind, StepKindRules>> = {
  shell: {
    required: ['commands'],
    properties: {
      commands: COMMANDS,
      parallel: { type: 'boolean' },
      successExitCode: EXIT_CODE,
      env: ENVIRONMENT,
    },
    verbatim: ['commands'],
    conditions: [],
    results: { exitCode: 'dyn', output: 'string' },
  },
  ssh: {
    required: ['commands'],
    properties: {
      host: WORD,
      role: WORD,
      port: { type: ['integer', 'string'], minimum: 1, maximum: 65_535, maxLength: 1_000 },
      username: WORD,
      password: TEXT,
      privateKey: { type: 'string', maxLength: 16_384 },
      hostKey: WORD,
      commands: COMMANDS,
      env: ENVIRONMENT,
      cwd: TEXT,
      successExitCode: EXIT_CODE,
    },
    verbatim: ['commands'],
    conditions: [],
    results: { exitCode: 'dyn', output: 'string' },
  },
  http: {
    required: ['url'],
    properties: {
      method: { enum: ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS'] },
      url: { ...WORD, maxLength: 4_096 },
      headers: TEXTS,
      json: {},
      body: { type: 'string', maxLength: 65_536 },
      expectStatus: {
        type: ['integer', 'array'],
        minimum: 100,
        maximum: 599,
        items: STATUS,
        minItems: 1,
        maxItems: 50,
      },
      until: WORD,
      pollSec: SECONDS,
    },
    verbatim: ['until'],
    conditions: ['until'],
    results: { status: 'dyn', headers: 'map<string, dyn>', body: 'dyn' },
  },
  simulate: {
    required: [],
    properties: {
      durationMs: { type: ['integer', 'string'], minimum: 0, maximum: 86_400_000, maxLength: 1_000 },
      outcome: { enum: ['success', 'fail'] },
      failTimes: { type: 'integer', minimum: 0, maximum: 1_000 },
    },
    verbatim: [],
    conditions: [],
    results: {},
  },
  attributes: {
    required: ['set'],
    properties: {
      set: {
        type: 'object',
        minProperties: 1,
        maxProperties: 100,
        additionalProperties: {
          type: 'object',
          required: ['value'],
          properties: { value: { type: ['string', 'number', 'boolean'], maxLength: 8_192 }, description: TEXT },
          additionalProperties: false,
        },
      },
    },
    verbatim: [],
    conditions: [],
    results: {},
  },
  lease: {
    required: ['role', 'label'],
    properties: { role: WORD, label: WORD, count: COUNT },
    verbatim: [],
    conditions: [],
    results: { servers: 'list' },
  },
  release: { required: [], properties: { role: WORD }, verbatim: [], conditions: [], results: {} },
};

export function stepKindRules(kind: StepKind): StepKindRules {
  return RULES[kind];
}

export function isVerbatim(kind: StepKind, key: string): boolean {
  return RULES[kind].verbatim.includes(key);
}

export function isStepKind(word: string): word is StepKind {
  return STEP_KINDS.some((kind) => kind === word);
}
