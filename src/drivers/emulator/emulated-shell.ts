import type { CommandContext } from './command-context.js';
import { copy, deleteFile, dir, verify } from './file-commands.js';
import { install } from './install-commands.js';
import * as show from './show-commands.js';
import { configure, reload, terminalSetting, writeMemory } from './system-commands.js';
import { SessionEnded } from './terminal.js';

const INVALID = "                   ^\n% Invalid input detected at '^' marker.\n";

type Show = (context: CommandContext) => string;

/** `show …`, by its full words; what a user types may be shortened (`sh ver`). */
const SHOWS: Readonly<Record<string, Show>> = {
  'show version': ({ model }) => show.showVersion(model),
  'show clock': () => show.showClock(),
  'show inventory': ({ model }) => show.showInventory(model),
  'show file systems': ({ model }) => (model.applySpaceFault(), show.showFileSystems(model)),
  'show boot': ({ model }) => show.showBoot(model),
  'show romvar': ({ model }) => show.showRomvar(model),
  'show redundancy': ({ model }) => show.showRedundancy(model),
  'show install summary': ({ model }) => show.showInstallSummary(model),
  'show install log': ({ model }) => show.showInstallLog(model),
  'show install rollback': ({ model }) => show.showInstallRollback(model),
  'show cdp neighbors': ({ model }) => show.showCdpNeighbours(model),
  'show ip interface brief': ({ model }) => show.showIpInterfaceBrief(model),
  'show ip route summary': ({ model }) => show.showIpRouteSummary(model),
  'show running-config': ({ model }) => show.showRunningConfig(model),
  'show archive config differences nvram:startup-config system:running-config': ({ model }) =>
    show.showConfigurationDifferences(model),
  'show logging': () => show.showLogging(),
};

/** Privileged everywhere on the real box, or at least here: what reads flash, configuration or installs. */
const PRIVILEGED_SHOWS = /^show (install|running-config|archive|romvar|logging)/;

/** One interactive session: the prompt loop of an emulated switch. */
export class EmulatedShell {
  constructor(
    private readonly context: CommandContext,
    private isPrivileged: boolean,
  ) {}

  /** Ends when the user leaves or the connection does. */
  async run(): Promise<void> {
    try {
      await this.context.terminal.println();
      while (await this.next());
    } catch (error) {
      if (!(error instanceof SessionEnded)) throw error;
    }
  }

  private async next(): Promise<boolean> {
    const { model, terminal } = this.context;
    const line = (await terminal.line(`${model.hostname}${this.isPrivileged ? '#' : '>'}`)).trim();
    if (line === '') return true;
    model.counters.commands += 1;
    if (/^(exit|quit|logout)$/.test(line)) return false;
    const [command = '', ...filters] = line.split('|').map((part) => part.trim());
    const words = command.split(/\s+/);
    if (/^sh(o|ow)?$/.test(words[0] ?? '')) await this.show(words, filters[0]);
    else await this.act(words);
    return true;
  }

  private async show(words: string[], filter: string | undefined): Promise<void> {
    const { terminal } = this.context;
    const found = Object.keys(SHOWS).filter((name) => isShortFor(words, name.split(' ')));
    const name = found[0];
    if (name === undefined || (!this.isPrivileged && PRIVILEGED_SHOWS.test(name))) return terminal.println(INVALID);
    if (found.length > 1) return terminal.println(`% Ambiguous command:  "${words.join(' ')}"`);
    await terminal.page(filtered(SHOWS[name]?.(this.context) ?? '', filter));
  }

  private async act([verb = '', ...rest]: string[]): Promise<void> {
    const { context } = this;
    if (verb === 'enable' || verb === 'en') return this.enable();
    if (/^term(inal)?$/.test(verb)) return terminalSetting(context, rest);
    if (verb === 'dir') return dir(context, rest[0] ?? '');
    if (!this.isPrivileged) return context.terminal.println(INVALID);
    switch (verb) {
      case 'disable':
        this.isPrivileged = false;
        return;
      case 'write':
      case 'wr':
        return writeMemory(context);
      case 'configure':
      case 'conf':
        return configure(context);
      case 'copy':
        return copy(context, rest);
      case 'verify':
        return verify(context, rest);
      case 'delete':
        return deleteFile(context, rest);
      case 'install':
        return install(context, rest);
      case 'reload':
        return reload(context);
      default:
        return context.terminal.println(INVALID);
    }
  }

  private async enable(): Promise<void> {
    const { model, terminal } = this.context;
    const { enableSecret } = model.options;
    if (this.isPrivileged) return;
    for (let tries = 0; tries < 3; tries += 1) {
      const given = enableSecret === null ? null : await terminal.line('Password: ', false);
      if (given === enableSecret) {
        this.isPrivileged = true;
        return;
      }
    }
    await terminal.println('% Bad secrets\n');
  }
}

function isShortFor(words: string[], full: string[]): boolean {
  return words.length === full.length && words.every((word, index) => word !== '' && full[index]?.startsWith(word));
}

/** `| include <pattern>` and `| exclude <pattern>`. */
function filtered(text: string, filter: string | undefined): string {
  const [, verb = '', pattern = ''] = /^(i\w*|e\w*)\s+(.*)$/.exec(filter ?? '') ?? [];
  if (verb === '') return text;
  let match: RegExp;
  try {
    match = new RegExp(pattern);
  } catch {
    return '% Failed to compile regular expression.';
  }
  const isInclude = verb.startsWith('i');
  return text
    .split('\n')
    .filter((line) => match.test(line) === isInclude)
    .join('\n');
}
