import { readdir, readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { LARGEST_YAML } from '../../common/yaml/read-yaml.js';
import { type ReadTemplate, readTemplate } from './file/read-template.js';

const MOST_FILES = 1_000;

export interface TemplateFile extends ReadTemplate {
  /** Its name in the folder. */
  readonly file: string;
  readonly content: string;
}

/** Changes whenever a template file does, or comes, or goes; null when there is no such folder. */
export async function folderStamp(folder: string): Promise<string | null> {
  const names = await templateNames(folder);
  if (names === null) return null;
  const stamps = await Promise.all(
    names.map(async (name) => {
      const found = await stat(join(folder, name)).catch(() => null);
      return found === null ? name : [name, found.dev, found.ino, found.size, found.mtimeMs, found.ctimeMs].join(' ');
    }),
  );
  return stamps.join('\n');
}

/** Every template file of the folder, by name; those that cannot be read say so as their error. */
export async function readFolder(folder: string): Promise<TemplateFile[]> {
  const files: TemplateFile[] = [];
  for (const file of (await templateNames(folder)) ?? []) files.push(await readOne(folder, file));
  return files;
}

async function templateNames(folder: string): Promise<string[] | null> {
  const entries = await readdir(folder).catch(() => null);
  const names = entries?.filter((name) => /^[^.].*\.(ya?ml|json)$/.test(name));
  return names?.sort().slice(0, MOST_FILES) ?? null;
}

async function readOne(folder: string, file: string): Promise<TemplateFile> {
  try {
    const found = await stat(join(folder, file));
    if (!found.isFile()) return unreadable(file, 'is not a file');
    if (found.size > LARGEST_YAML) return unreadable(file, `is larger than ${LARGEST_YAML} bytes`);
    const bytes = await readFile(join(folder, file));
    return { file, content: bytes.toString('utf8'), ...readTemplate(bytes) };
  } catch (error) {
    return unreadable(file, `cannot be read (${(error as NodeJS.ErrnoException).code ?? 'unknown error'})`);
  }
}

function unreadable(file: string, message: string): TemplateFile {
  return { file, content: '', template: null, errors: [{ line: null, path: '', message }] };
}
