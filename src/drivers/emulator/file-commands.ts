import { Readable } from 'node:stream';
import { flashName, type CommandContext } from './command-context.js';
import { IncomingFile } from './incoming-file.js';

/** `dir flash:` and `dir flash:name`. */
export async function dir({ model, terminal }: CommandContext, path: string): Promise<void> {
  const name = flashName(path === '' ? 'flash:' : path);
  if (name === null) return terminal.println(`%Error opening ${path} (No such device)`);
  model.applySpaceFault();
  const files = model.flash.list().filter((file) => name === '' || file.name === name);
  if (name !== '' && files.length === 0) {
    return terminal.println(`%Error opening flash:/${name} (No such file or directory)`);
  }
  const rows = files.map(
    (file, index) =>
      `${String(540_001 + index).padStart(7)}  -rw-  ${String(file.size).padStart(16)}  ${stamp(file.modified)}  ${file.name}`,
  );
  if (name === '') rows.push(` 540000  drwx              4096  ${stamp(model.bootTime)}  .installer`);
  const { totalBytes, freeBytes } = model.flash;
  await terminal.page(
    `Directory of flash:/${name}\n\n${rows.join('\n')}\n\n${totalBytes} bytes total (${freeBytes} bytes free)`,
  );
}

/** `Nov 21 2026 08:46:31 +00:00`. */
function stamp(date: Date): string {
  const [, day, month, year, time] = date.toUTCString().replace(',', '').split(' ');
  return `${month} ${Number(day)} ${year} ${time} +00:00`;
}

export async function deleteFile({ model, terminal }: CommandContext, words: string[]): Promise<void> {
  const force = words.includes('/force');
  const path = words.find((word) => !word.startsWith('/')) ?? '';
  const name = flashName(path);
  if (!name) return terminal.println(`%Error deleting ${path} (No such file or directory)`);
  if (!force) {
    await terminal.line(`Delete filename [${name}]? `);
    if (!(await terminal.confirm(`Delete flash:/${name}? [confirm]`))) return;
  }
  if (!model.flash.delete(name)) await terminal.println(`%Error deleting flash:/${name} (No such file or directory)`);
}

/** `verify /md5 flash:name [hash]`, with the dots that go on until `Done!`. */
export async function verify({ model, terminal }: CommandContext, words: string[]): Promise<void> {
  const algorithm = /^\/(md5|sha512)$/.exec(words[0] ?? '')?.[1];
  const name = flashName(words[1] ?? '');
  if (!algorithm || !name) return terminal.println("% Invalid input detected at '^' marker.\n");
  const file = model.flash.find(name);
  if (!file) return terminal.println(`%Error opening flash:${name} (No such file or directory)`);
  const computed = await model.flash.hash(name, algorithm);
  for (let dots = Math.min(5, Math.ceil(file.size / 1_000_000)); dots > 0; dots -= 1)
    await terminal.println('.'.repeat(70));
  await terminal.println('....Done!');
  const submitted = words[2]?.toLowerCase();
  if (!submitted) return terminal.println(`verify /${algorithm} (flash:${name}) = ${computed}\n`);
  if (submitted === computed) return terminal.println(`Verified (flash:${name}) = ${computed}\n`);
  await terminal.println(
    `%Error verifying flash:${name}\nComputed signature  = ${computed}\nSubmitted signature = ${submitted}\n`,
  );
}

/** `copy running-config startup-config` and `copy http://… flash:name`. */
export async function copy(context: CommandContext, words: string[]): Promise<void> {
  const { model, terminal } = context;
  const [from = '', to = ''] = words;
  if (/^run/.test(from) && /^start/.test(to)) {
    await terminal.line('Destination filename [startup-config]? ');
    model.configurationModified = false;
    return terminal.println('Building configuration...\n[OK]');
  }
  const asked = flashName(to);
  if (!/^https?:\/\//.test(from) || asked === null) return terminal.println('%Error parsing filename (No such device)');
  const proposed = asked || (from.split('/').at(-1) ?? '');
  const name = (await terminal.line(`Destination filename [${proposed}]? `)) || proposed;
  if (model.flash.find(name)) {
    await terminal.println('%Warning:There is a file already existing with this name');
    if (!(await terminal.confirm('Do you want to over write? [confirm]'))) return;
  }
  await pull(context, from, name);
}

async function pull({ model, terminal, drop }: CommandContext, url: string, name: string): Promise<void> {
  const shown = url.replace(/\/\/[^@/]*@/, '//');
  await terminal.println(`Accessing ${shown}...`);
  const response = await fetchUrl(url);
  if (!response?.ok || !response.body) {
    const reason = !response
      ? 'Timed out'
      : response.status === 404
        ? 'No such file or directory'
        : 'Permission denied';
    return terminal.println(`%Error opening ${shown} (${reason})`);
  }
  const length = Number(response.headers.get('content-length') ?? Number.NaN);
  const file = new IncomingFile(model, name, Number.isNaN(length) ? null : length);
  const started = Date.now();
  await terminal.print(`Loading ${shown} `);
  for await (const chunk of Readable.fromWeb(response.body as Parameters<typeof Readable.fromWeb>[0])) {
    const written = await file.write(Buffer.from(chunk as Uint8Array));
    if (written === 'no_space') {
      await file.remove();
      return terminal.println(`\n%Error copying ${shown} (Not enough space on device)`);
    }
    if (written === 'dropped') {
      await file.end();
      return drop();
    }
    await terminal.print('!');
  }
  await file.end();
  const seconds = Math.max(0.001, (Date.now() - started) / 1000);
  const rate = Math.round(file.size / seconds);
  await terminal.println(
    `\n[OK - ${file.size} bytes]\n\n${file.size} bytes copied in ${seconds.toFixed(3)} secs (${rate} bytes/sec)`,
  );
}

/** `http://user:password@host/` is fetched with that login. */
async function fetchUrl(url: string): Promise<Response | null> {
  try {
    const parsed = new URL(url);
    const headers: Record<string, string> = {};
    if (parsed.username !== '') {
      const login = `${decodeURIComponent(parsed.username)}:${decodeURIComponent(parsed.password)}`;
      headers['authorization'] = `Basic ${Buffer.from(login).toString('base64')}`;
    }
    parsed.username = '';
    parsed.password = '';
    return await fetch(parsed, { headers, redirect: 'follow' });
  } catch {
    return null;
  }
}
