import { SETTINGS } from './settings.js';

const OURS: ReadonlySet<string> = new Set(Object.values(SETTINGS).map((setting) => setting.name));
/** Other programs' ways to hold what only we should know, or to change what runs. */
const KEPT_BACK = /^(?:SLIPWAY_|NODEPOOL_API_|PG|NODE_OPTIONS$|npm_)/;

/** This process's environment for a tool it starts: without our own settings, some of which are secrets. */
export function inheritedEnvironment(): Record<string, string> {
  const entries = Object.entries(process.env).filter(([name]) => !OURS.has(name) && !KEPT_BACK.test(name));
  return Object.fromEntries(entries.filter((entry): entry is [string, string] => entry[1] !== undefined));
}
