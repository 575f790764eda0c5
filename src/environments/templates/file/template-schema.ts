import type { SchemaObject } from 'ajv';
import { LONGEST_EXPRESSION } from '../expressions/language.js';
import { stepKindRules } from '../step-kinds.js';
import { STEP_KINDS, VARIABLE_TYPES } from '../template.js';

/** What a template file may hold (spec environments section 5.3). Only shapes: what refers to what is checked beside it. */

const TEXT = { type: 'string', maxLength: 1_024 } as const;
/** Part of an address, so without a slash; a lone dot would be taken for a folder. */
const NAME = {
  type: 'string',
  minLength: 1,
  maxLength: 128,
  pattern: '^(?!\\.+$)[^\\s/\\\\?#%]([^/\\\\?#%\\n]*[^\\s/\\\\?#%])?$',
} as const;
const WORD = { type: 'string', pattern: '^[A-Za-z_][A-Za-z0-9_]{0,63}$' } as const;
const PHASE = { type: 'string', pattern: '^(?!auto_)[\\w][\\w .-]{0,63}$' } as const;
const EXPRESSION = { type: 'string', minLength: 1, maxLength: LONGEST_EXPRESSION } as const;
const FLAG = { type: 'boolean' } as const;
const CHOICES = {
  type: ['object', 'array'],
  maxItems: 1_000,
  maxProperties: 1_000,
  items: TEXT,
  additionalProperties: TEXT,
} as const;

function mapOf(required: readonly string[], properties: Readonly<Record<string, SchemaObject>>): SchemaObject {
  return { type: 'object', required: [...required], properties, additionalProperties: false };
}

function listOf(items: SchemaObject, maxItems: number): SchemaObject {
  return { type: 'array', maxItems, items };
}

const COMMON_STEP = {
  title: TEXT,
  phase: PHASE,
  after: listOf(PHASE, 100),
  ignoreFail: FLAG,
  retryCount: { type: 'integer', minimum: 0, maximum: 100 },
  skip: { type: ['boolean', 'string'], minLength: 1, maxLength: LONGEST_EXPRESSION },
  timeoutSec: { type: 'number', exclusiveMinimum: 0, maximum: 86_400 },
  export: { type: 'object', maxProperties: 100, propertyNames: WORD, additionalProperties: EXPRESSION },
};

const STEP: SchemaObject = {
  type: 'object',
  required: ['kind'],
  properties: { kind: { enum: [...STEP_KINDS] } },
  discriminator: { propertyName: 'kind' },
  oneOf: STEP_KINDS.map((kind) => {
    const { required, properties } = stepKindRules(kind);
    return mapOf(required, { kind: { const: kind }, ...COMMON_STEP, ...properties });
  }),
};

const VARIABLE = mapOf(['name'], {
  name: WORD,
  type: { enum: [...VARIABLE_TYPES] },
  description: TEXT,
  optional: FLAG,
  default: TEXT,
  group: WORD,
  dependsOn: { ...listOf(WORD, 20), minItems: 1 },
  hidden: FLAG,
  validate: listOf(mapOf(['when'], { message: TEXT, when: EXPRESSION }), 20),
  values: CHOICES,
  valuesBy: { type: 'object', maxProperties: 1_000, additionalProperties: CHOICES },
  source: WORD,
});

const WORKFLOW = mapOf([], {
  readOnly: FLAG,
  require: listOf(mapOf(['message', 'when'], { message: { ...TEXT, minLength: 1 }, when: EXPRESSION }), 20),
  groups: {
    type: 'object',
    maxProperties: 50,
    propertyNames: WORD,
    additionalProperties: mapOf([], { description: TEXT, required: FLAG }),
  },
  variables: listOf(VARIABLE, 200),
  steps: listOf(STEP, 500),
  onError: listOf(STEP, 100),
});

const DATA_SOURCE = mapOf([], {
  values: CHOICES,
  configItem: { ...TEXT, minLength: 1 },
  directory: { type: 'string', pattern: '^(?!\\.)[\\w. -]+(/(?!\\.)[\\w. -]+)*$', maxLength: 255 },
  filter: { type: 'string', pattern: '^[^/]{1,255}$' },
});

export const TEMPLATE_SCHEMA: SchemaObject = mapOf(
  ['name', 'version', 'createWorkflow', 'destroyWorkflow', 'workflows'],
  {
    name: NAME,
    version: NAME,
    createWorkflow: NAME,
    destroyWorkflow: NAME,
    dataSources: { type: 'object', maxProperties: 50, propertyNames: WORD, additionalProperties: DATA_SOURCE },
    workflows: { type: 'object', maxProperties: 100, propertyNames: NAME, additionalProperties: WORKFLOW },
  },
);
