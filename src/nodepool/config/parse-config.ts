import { type FileIssue, type KeyPath, writtenPath } from '../../common/yaml/file-issue.js';
import { EACH, LARGEST_YAML, readYaml, type YamlDialect } from '../../common/yaml/read-yaml.js';
import { schemaChecker } from '../../common/yaml/schema-issues.js';
import { checkReferences } from './config-references.js';
import { CONFIG_SCHEMA } from './config-schema.js';
import type { NodepoolConfig } from './nodepool-config.js';
import type { RawConfig } from './raw-config.js';
import { type ConfigPlace, toConfig } from './to-config.js';
import { unreadKeys } from './unread-keys.js';

const schemaErrors = schemaChecker(CONFIG_SCHEMA);
const DIALECT: YamlDialect = {
  version: '1.1',
  words: [
    ['diskimages', EACH, 'release'],
    ['diskimages', EACH, 'env-vars', EACH],
  ],
};

export interface ParsedConfig {
  /** Null when there are errors. */
  readonly config: NodepoolConfig | null;
  readonly errors: readonly FileIssue[];
  readonly warnings: readonly FileIssue[];
}

/** A `nodepool.yaml` as text (or its bytes): everything that is wrong with it at once, or what it says. Pure. */
export function parseConfig(source: string | Uint8Array, place: ConfigPlace): ParsedConfig {
  if (Buffer.byteLength(source) > LARGEST_YAML) {
    return refused([issue(null, [], `is larger than ${LARGEST_YAML} bytes`)]);
  }
  const text = typeof source === 'string' ? source : decoded(source);
  if (text === null) return refused([issue(null, [], 'is not UTF-8 text')]);
  const { data, errors, lineOf } = readYaml(text, DIALECT);
  if (errors.length > 0) return refused(errors);
  const shape = schemaErrors(data);
  const placed = (found: { path: KeyPath; message: string }) => issue(lineOf(found.path), found.path, found.message);
  const unread = unreadKeys(data).map(placed);
  if (shape.length > 0) return { config: null, errors: inOrder(shape.map(placed)), warnings: inOrder(unread) };
  const raw = data as RawConfig;
  const findings = checkReferences(raw);
  const wrong = findings.filter(({ isWarning }) => !isWarning).map(placed);
  const warnings = [...unread, ...findings.filter(({ isWarning }) => isWarning).map(placed)];
  return {
    config: wrong.length > 0 ? null : toConfig(raw, place),
    errors: inOrder(wrong),
    warnings: inOrder(warnings),
  };
}

function issue(line: number | null, path: KeyPath, message: string): FileIssue {
  return { line, path: writtenPath(path), message };
}

function refused(errors: readonly FileIssue[]): ParsedConfig {
  return { config: null, errors, warnings: [] };
}

function inOrder(issues: readonly FileIssue[]): FileIssue[] {
  return [...issues].sort((a, b) => (a.line ?? 0) - (b.line ?? 0));
}

function decoded(bytes: Uint8Array): string | null {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch {
    return null;
  }
}
