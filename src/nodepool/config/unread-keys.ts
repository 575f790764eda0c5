import type { SchemaObject } from 'ajv';
import type { KeyPath } from '../../common/yaml/file-issue.js';
import { MOST_ISSUES, type SchemaIssue } from '../../common/yaml/schema-issues.js';
import { CONFIG_SCHEMA, UNUSED_KEYS } from './config-schema.js';

/** Keys nobody reads: unknown ones, which may be misspelt, and those of parts of the original that are not here. */
export function unreadKeys(data: unknown): SchemaIssue[] {
  const found: SchemaIssue[] = [];
  const walk = (schema: SchemaObject | undefined, value: unknown, path: KeyPath): void => {
    if (found.length >= MOST_ISSUES) return;
    if (Array.isArray(value))
      value.forEach((item, index) => walk(schema?.['items'] as SchemaObject, item, [...path, index]));
    const properties = schema?.['properties'] as Readonly<Record<string, SchemaObject>> | undefined;
    if (!properties || !isRecord(value)) return;
    for (const [key, item] of Object.entries(value).slice(0, MOST_ISSUES)) {
      const message = unreadReason(properties, key, path);
      if (message !== null) found.push({ path: [...path, key], message });
      else walk(properties[key], item, [...path, key]);
    }
  };
  walk(CONFIG_SCHEMA, data, []);
  return found;
}

function unreadReason(properties: Readonly<Record<string, SchemaObject>>, key: string, path: KeyPath): string | null {
  const place = [...path.filter((step) => typeof step === 'string'), key].join('.');
  const unused = UNUSED_KEYS[place];
  if (unused !== undefined) return `is not used: ${unused}`;
  if (Object.hasOwn(properties, key)) return null;
  const likely = Object.keys(properties).find((name) => plain(name) === plain(key));
  return likely === undefined ? 'is unknown and ignored' : `is unknown and ignored; "${likely}" is meant?`;
}

function plain(key: string): string {
  return key.toLowerCase().replace(/[^a-z0-9]/g, '');
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
