import { homedir } from 'node:os';
import { join } from 'node:path';

/** What the command line takes from its environment; `--url` and `--token` count for more. */
export interface CliEnvironment {
  /** `SLIPWAY_URL` */
  readonly url: string | undefined;
  /** `SLIPWAY_TOKEN` */
  readonly token: string | undefined;
  /** Where a log-in is kept: `$XDG_CONFIG_HOME/slipway` (XDG Base Directory), or `~/.config/slipway`. */
  readonly folder: string;
}

export function cliEnvironment(): CliEnvironment {
  const { SLIPWAY_URL, SLIPWAY_TOKEN, XDG_CONFIG_HOME } = process.env;
  const home = XDG_CONFIG_HOME?.startsWith('/') ? XDG_CONFIG_HOME : join(homedir(), '.config');
  return {
    url: SLIPWAY_URL?.trim() || undefined,
    token: SLIPWAY_TOKEN?.trim() || undefined,
    folder: join(home, 'slipway'),
  };
}
