/** Reads of boot variables and redundancy (spec upgrade section 5.1). */

export interface BootSettings {
  /** Boot variables for the next reload, one per member. */
  readonly variables: readonly string[];
  readonly manualBoot: boolean;
}

export function parseShowBoot(text: string): BootSettings {
  const next = text.split(/Boot Variables on next reload:/i);
  const part = next.length > 1 ? next.slice(1).join('\n') : text;
  return {
    variables: [...part.matchAll(/^BOOT variable = (\S+?),?\d*;?\s*$/gm)].map(([, value]) => value ?? ''),
    manualBoot: /^Manual Boot = yes/im.test(text),
  };
}

/** True when the box is told to ignore its start-up configuration. */
export function ignoresStartupConfig(romvar: string): boolean {
  return /^\s*SWITCH_IGNORE_STARTUP_CFG=1/m.test(romvar);
}

/** States of all supervisors or members; healthy ones are `ACTIVE` and `STANDBY HOT`. */
export function redundancyStates(text: string): string[] {
  return [...text.matchAll(/^\s*Current Software state = (.+?)\s*$/gm)].map(([, state]) => state ?? '');
}
