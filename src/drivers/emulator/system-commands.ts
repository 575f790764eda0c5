import type { CommandContext } from './command-context.js';

/** `terminal length N`, `terminal width N`. */
export async function terminalSetting({ terminal }: CommandContext, words: string[]): Promise<void> {
  const [what = '', value = ''] = words;
  if (what.startsWith('len') && /^\d+$/.test(value)) terminal.length = Number(value);
  else if (!(what.startsWith('wid') && /^\d+$/.test(value)))
    await terminal.println("% Invalid input detected at '^' marker.\n");
}

export async function writeMemory({ model, terminal }: CommandContext): Promise<void> {
  await terminal.println('Building configuration...');
  model.configurationModified = false;
  await terminal.println('[OK]');
}

export async function reload({ model, terminal }: CommandContext): Promise<void> {
  if (model.configurationModified) {
    const answer = await terminal.line('\nSystem configuration has been modified. Save? [yes/no]: ');
    if (/^y/i.test(answer)) model.configurationModified = false;
  }
  if (!(await terminal.confirm('Proceed with reload? [confirm]'))) return;
  model.requestReload('Reload Command');
}

/** Configuration mode: only the lines that matter here change anything; every line marks the configuration as unsaved. */
export async function configure({ model, terminal }: CommandContext): Promise<void> {
  await terminal.println('Enter configuration commands, one per line.  End with CNTL/Z.');
  for (;;) {
    const line = (await terminal.line(`${model.hostname}(config)#`)).trim();
    if (line === 'end' || line === 'exit' || line === '\x1a') return;
    if (line === '') continue;
    model.configurationModified = true;
    if (line === 'ip scp server enable') model.scpServer = true;
    if (line === 'no ip scp server enable') model.scpServer = false;
    const hostname = /^hostname ([A-Za-z][A-Za-z0-9-]{0,62})$/.exec(line)?.[1];
    if (hostname) model.hostname = hostname;
  }
}
