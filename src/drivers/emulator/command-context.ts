import type { SwitchModel } from './switch-model.js';
import type { Terminal } from './terminal.js';

/** What one command of an emulated switch works with. */
export interface CommandContext {
  readonly model: SwitchModel;
  readonly terminal: Terminal;
  /** Cuts this session's connection without a word. */
  drop(): void;
}

/** `flash:/name`, `flash:name` or `bootflash:name` to the name; null when it is something else. */
export function flashName(path: string): string | null {
  return /^(?:flash|bootflash|flash-1):\/?([^/\s]*)$/.exec(path)?.[1] ?? null;
}
