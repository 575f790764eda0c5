/** Milliseconds before try `tries + 1`: doubles from `firstS` up to ten minutes, with up to 20 % on top. */
export function retryDelayMs(tries: number, firstS: number, random: () => number = Math.random): number {
  const base = Math.min(firstS * 2 ** Math.max(0, tries - 1), 600);
  return Math.round(base * 1000 * (1 + 0.2 * random()));
}
