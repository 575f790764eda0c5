import { transformFile } from '@swc/core';
import { copyFileSync, mkdirSync, mkdtempSync, readdirSync, rmSync, symlinkSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { OPTIONS } from './typescript-options.mjs';

const ROOT = join(import.meta.dirname, '../..');

/** `src` as JavaScript, once for the whole run: a server process that compiles itself takes twice as long to start. */
export async function compileSource() {
  const folder = mkdtempSync(join(tmpdir(), 'slipway-source-'));
  symlinkSync(join(ROOT, 'node_modules'), join(folder, 'node_modules'));
  copyFileSync(join(ROOT, 'package.json'), join(folder, 'package.json'));
  const files = readdirSync(join(ROOT, 'src'), { recursive: true }).filter((name) => /(?<!\.spec)\.ts$/.test(name));
  for (const path of new Set(files.map(dirname))) mkdirSync(join(folder, 'src', path), { recursive: true });
  await Promise.all(
    files.map(async (name) => {
      const { code } = await transformFile(join(ROOT, 'src', name), { ...OPTIONS, sourceMaps: false });
      await writeFile(join(folder, 'src', name.replace(/\.ts$/, '.js')), code);
    }),
  );
  return { folder, remove: () => rmSync(folder, { recursive: true, force: true }) };
}
