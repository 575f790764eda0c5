import { readdirSync, readFileSync } from 'node:fs';
import { join, posix, relative, sep } from 'node:path';
import ts from 'typescript';

const ROOT = join(import.meta.dirname, '..', '..');
const SRC = join(ROOT, 'src');

export interface SourceFile {
  /** Below `src`, without the extension: `auth/users.service`. */
  readonly name: string;
  readonly text: string;
  /** The files of ours it imports, in the same form; type imports too, which also bind a file to another. */
  readonly imports: readonly string[];
}

/** Every file of the product, without the specs beside them. */
export function sourceFiles(): SourceFile[] {
  return readdirSync(SRC, { recursive: true, encoding: 'utf8' })
    .filter((path) => path.endsWith('.ts') && !path.endsWith('.spec.ts'))
    .map((path) => readSource(join(SRC, path)));
}

function readSource(path: string): SourceFile {
  const name = relative(SRC, path).split(sep).join('/').replace(/\.ts$/, '');
  const text = readFileSync(path, 'utf8');
  const imports = ts
    .preProcessFile(text, true, true)
    .importedFiles.map(({ fileName }) => fileName)
    .filter((specifier) => specifier.startsWith('.'))
    .map((specifier) => posix.join(posix.dirname(name), specifier.replace(/\.js$/, '')));
  return { name, text, imports };
}

/** The text without comments, for rules about code. */
export function codeOf({ text }: SourceFile): string {
  return text.replace(/\/\*[\s\S]*?\*\//g, '').replace(/(^|\s)\/\/.*$/gm, '');
}
