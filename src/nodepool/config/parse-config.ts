import { type ConfigIssue, type KeyPath, writtenPath } from './config-issue.js';
import { checkReferences } from './config-references.js';
import type { NodepoolConfig } from './nodepool-config.js';
import type { RawConfig } from './raw-config.js';
import { LARGEST_CONFIG, readYaml } from './read-yaml.js';
import { schemaErrors, unreadKeys } from './schema-issues.js';
import { type ConfigPlace, toConfig } from './to-config.js';

export interface ParsedConfig {
  /** Null when there are errors. */
  readonly config: NodepoolConfig | null;
  readonly errors: readonly ConfigIssue[];
  readonly warnings: readonly ConfigIssue[];
}

/** A `nodepool.yaml` as text (or its bytes): everything that is wrong with it at once, or what it says. Pure. */
export function parseConfig(source: string | Uint8Array, place: ConfigPlace): ParsedConfig {
  if (Buffer.byteLength(source) > LARGEST_CONFIG) {
    return refused([issue(null, [], `is larger than ${LARGEST_CONFIG} bytes`)]);
  }
  const text = typeof source === 'string' ? source : decoded(source);
  if (text === null) return refused([issue(null, [], 'is not UTF-8 text')]);
  const { data, errors, lineOf } = readYaml(text);
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

function issue(line: number | null, path: KeyPath, message: string): ConfigIssue {
  return { line, path: writtenPath(path), message };
}

function refused(errors: readonly ConfigIssue[]): ParsedConfig {
  return { config: null, errors, warnings: [] };
}

function inOrder(issues: readonly ConfigIssue[]): ConfigIssue[] {
  return [...issues].sort((a, b) => (a.line ?? 0) - (b.line ?? 0));
}

function decoded(bytes: Uint8Array): string | null {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch {
    return null;
  }
}
