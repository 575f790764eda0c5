import { createHash } from 'node:crypto';
import type { FileIssue } from '../../common/yaml/file-issue.js';
import type { TemplateFile } from './template-folder.js';
import type { Template } from './template.js';

/** Something that is wrong with a template file; the template cannot be used as it is there. */
export interface TemplateIssue extends FileIssue {
  readonly file: string;
}

export interface CatalogEntry {
  readonly template: Template;
  readonly content: string;
}

/** A version environments were made from, as it was then. */
export interface UsedVersion extends CatalogEntry {
  readonly checksum: string;
}

export interface Catalog {
  /** By name, then version. */
  readonly entries: readonly CatalogEntry[];
  readonly issues: readonly TemplateIssue[];
}

export function versionKey({ name, version }: { readonly name: string; readonly version: string }): string {
  return JSON.stringify([name, version]);
}

/** Of what a template says: comments and the order of keys are its author's business. */
export function checksumOf(template: Template): string {
  return createHash('sha256').update(canonical(template)).digest('hex');
}

/**
 * What the folder's files offer (spec environments section 5.1): a broken one is left out and named, the others work. A version
 * environments were made from stays what it was, whatever its file says now.
 */
export function catalogOf(files: readonly TemplateFile[], used: ReadonlyMap<string, UsedVersion>): Catalog {
  const entries = new Map<string, CatalogEntry & { readonly file: string }>();
  const issues: TemplateIssue[] = [];
  for (const { file, template, content, errors } of files) {
    issues.push(...errors.map((error) => ({ file, ...error })));
    if (template === null) continue;
    const key = versionKey(template);
    const other = entries.get(key);
    const before = used.get(key);
    if (other) issues.push(wholeFile(file, `is the same template and version as ${other.file}`));
    else if (before && before.checksum !== checksumOf(template)) {
      issues.push(
        wholeFile(
          file,
          `has changed, but environments were made from version ${template.version}: the old content stays in use, changes need a new version`,
        ),
      );
      entries.set(key, { file, template: before.template, content: before.content });
    } else entries.set(key, { file, template, content });
  }
  return { entries: [...entries.values()].sort(byName), issues };
}

const collator = new Intl.Collator('en', { numeric: true });

function byName({ template: a }: CatalogEntry, { template: b }: CatalogEntry): number {
  return collator.compare(a.name, b.name) || collator.compare(a.version, b.version);
}

function wholeFile(file: string, message: string): TemplateIssue {
  return { file, line: null, path: '', message };
}

/** The same text for the same value, in whatever order its keys come out of a database. */
function canonical(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(canonical).join(',')}]`;
  if (typeof value !== 'object' || value === null) return JSON.stringify(value);
  const entries = Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1));
  return `{${entries.map(([key, item]) => `${JSON.stringify(key)}:${canonical(item)}`).join(',')}}`;
}
