import { writeFile } from 'node:fs/promises';
import { Header } from 'tar';

export interface TarEntry {
  readonly path: string;
  readonly type?: 'File' | 'Directory' | 'SymbolicLink' | 'Link' | 'CharacterDevice' | 'FIFO';
  readonly linkpath?: string;
  readonly mode?: number;
  readonly text?: string;
}

/** A tar with exactly these entries, whatever a well-meaning tool would say to them. */
export async function writeTar(path: string, entries: readonly TarEntry[]): Promise<string> {
  const blocks = entries.flatMap(({ text = '', ...entry }) => {
    const header = Buffer.alloc(512);
    const content = Buffer.from(text);
    const full = { type: 'File' as const, mode: 0o644, mtime: new Date(0), uid: 4711, gid: 4711, ...entry };
    new Header({ ...full, size: content.length }).encode(header, 0);
    return [header, content, Buffer.alloc((512 - (content.length % 512)) % 512)];
  });
  await writeFile(path, Buffer.concat([...blocks, Buffer.alloc(1024)]));
  return path;
}

/** A server that answers with what it was given; started by a shell, as an ordinary image's would be. */
export const INIT = `#!/bin/sh
echo "starting on $PORT"
exec '${process.execPath}' -e '
  const { env, getuid, getgroups, cwd } = process;
  require("http").createServer((request, answer) => {
    if (request.url === "/end") process.exit(3);
    answer.end(JSON.stringify({ env, uid: getuid(), groups: getgroups(), cwd: cwd(), pid: process.pid }));
  }).listen(env.PORT, "127.0.0.1");
'
`;

/** Starts two children, one in a session of its own, and minds no TERM; says their numbers on the console. */
export const STUBBORN_INIT = `#!/bin/sh
trap '' TERM
sleep 86400 &
near=$!
setsid sleep 86400 &
echo "children $$ $near $!"
while :; do sleep 0.1; done
`;

export function initEntry(text = INIT): TarEntry {
  return { path: './init', mode: 0o755, text };
}
