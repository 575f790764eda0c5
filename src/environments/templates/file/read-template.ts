import { type FileIssue, type KeyPath, writtenPath } from '../../../common/yaml/file-issue.js';
import { EACH, LARGEST_YAML, readYaml, type YamlDialect } from '../../../common/yaml/read-yaml.js';
import { schemaChecker } from '../../../common/yaml/schema-issues.js';
import type { Template } from '../template.js';
import { checkTemplate } from './check-template.js';
import type { RawTemplate } from './raw-template.js';
import { TEMPLATE_SCHEMA } from './template-schema.js';
import { toTemplate } from './to-template.js';

export interface ReadTemplate {
  /** Null when there are errors. */
  readonly template: Template | null;
  readonly errors: readonly FileIssue[];
}

/** `version: 2.0` is the word 2.0, and the default of a text may look like a number. */
const DIALECT: YamlDialect = {
  version: '1.2',
  words: [
    ['name'],
    ['version'],
    ['dataSources', EACH, 'values', EACH],
    ['workflows', EACH, 'variables', EACH, 'default'],
    ['workflows', EACH, 'variables', EACH, 'values', EACH],
    ['workflows', EACH, 'variables', EACH, 'valuesBy', EACH, EACH],
  ],
};
const schemaErrors = schemaChecker(TEMPLATE_SCHEMA);

/** A template file: everything that is wrong with it at once, or what it says. Pure. */
export function readTemplate(bytes: Uint8Array): ReadTemplate {
  if (bytes.byteLength > LARGEST_YAML) return refused([issue(null, [], `is larger than ${LARGEST_YAML} bytes`)]);
  const text = decoded(bytes);
  if (text === null) return refused([issue(null, [], 'is not UTF-8 text')]);
  const { data, errors, lineOf } = readYaml(text, DIALECT);
  if (errors.length > 0) return refused(errors);
  const placed = (found: { path: KeyPath; message: string }) => issue(lineOf(found.path), found.path, found.message);
  const shape = schemaErrors(data);
  if (shape.length > 0) return refused(shape.map(placed));
  const raw = data as RawTemplate;
  const wrong = checkTemplate(raw);
  return wrong.length > 0 ? refused(wrong.map(placed)) : { template: toTemplate(raw), errors: [] };
}

function issue(line: number | null, path: KeyPath, message: string): FileIssue {
  return { line, path: writtenPath(path), message };
}

function refused(errors: readonly FileIssue[]): ReadTemplate {
  return { template: null, errors: [...errors].sort((a, b) => (a.line ?? 0) - (b.line ?? 0)) };
}

function decoded(bytes: Uint8Array): string | null {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch {
    return null;
  }
}
