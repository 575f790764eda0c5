import { Invalid } from '../common/errors.js';

/** How a batch's targets are parted into waves. Pure: the same targets and the same wish give the same waves. */
export interface WaveTarget {
  readonly site: string | null;
  readonly tags: readonly string[];
}

/** Who goes first, in a wave of their own. `tag`: those that have it; the others are that many from the front. */
export type Canary =
  { readonly count: number } | { readonly percent: number } | { readonly tag: string } | { readonly site: string };

export type WaveRule =
  | { readonly by: 'all' }
  /** So many in each wave. */
  | { readonly by: 'count'; readonly count: number }
  /** How far all of them (canary not counted) have come after each wave, rising; the last wave takes what is left. */
  | { readonly by: 'percent'; readonly percents: readonly number[] }
  /** A wave for each tag, in this order; a target goes with the first of its tags; those with none of them go last. */
  | { readonly by: 'tag'; readonly tags: readonly string[] }
  /** A wave for each site: those named first, in this order, then the others by name; targets without a site go last. */
  | { readonly by: 'site'; readonly sites: readonly string[] };

export interface WaveWish {
  readonly canary: Canary | null;
  readonly rest: WaveRule;
}

export interface PlannedWave<T> {
  readonly label: string;
  readonly targets: readonly T[];
}

/** What the canary's wave is called; only the first wave can be it. */
export const CANARY = 'canary';

/** More would be a plan nobody can follow, and a page nobody can read. */
export const MOST_WAVES = 1_000;

/** Each target is in exactly one wave, in the order given; no wave is empty. */
export function buildWaves<T extends WaveTarget>(targets: readonly T[], wish: WaveWish): PlannedWave<T>[] {
  const canary = wish.canary === null ? new Set<T>() : new Set(canaryOf(targets, wish.canary));
  const rest = targets.filter((target) => !canary.has(target));
  const waves = [{ label: CANARY, targets: [...canary] }, ...parted(rest, wish.rest)].filter(
    (wave) => wave.targets.length > 0,
  );
  if (waves.length > MOST_WAVES)
    throw new Invalid(`There would be ${waves.length} waves, at most ${MOST_WAVES} may be`);
  return waves;
}

function canaryOf<T extends WaveTarget>(targets: readonly T[], canary: Canary): T[] {
  if ('tag' in canary) return targets.filter(({ tags }) => tags.includes(canary.tag));
  if ('site' in canary) return targets.filter(({ site }) => site === canary.site);
  // A part of a target is a target: a canary of 1 % of 20 is one, not none.
  const count = 'count' in canary ? canary.count : Math.ceil((canary.percent * targets.length) / 100 - 1e-9);
  return targets.slice(0, count);
}

function parted<T extends WaveTarget>(targets: readonly T[], rule: WaveRule): PlannedWave<T>[] {
  switch (rule.by) {
    case 'all':
      return [{ label: '', targets }];
    case 'count':
      return chunks(targets, rule.count);
    case 'percent':
      return byPercent(targets, rule.percents);
    case 'tag':
      return grouped(targets, rule.tags, ({ tags }) => rule.tags.find((tag) => tags.includes(tag)) ?? null);
    case 'site':
      return grouped(targets, siteOrder(targets, rule.sites), ({ site }) => site);
  }
}

function chunks<T>(targets: readonly T[], size: number): PlannedWave<T>[] {
  const waves: PlannedWave<T>[] = [];
  for (let from = 0; from < targets.length; from += size) {
    waves.push({ label: '', targets: targets.slice(from, from + size) });
  }
  return waves;
}

function byPercent<T>(targets: readonly T[], percents: readonly number[]): PlannedWave<T>[] {
  const ends = [...percents.map((percent) => Math.ceil((percent * targets.length) / 100 - 1e-9)), targets.length];
  return ends.map((end, index) => ({
    label: `${index < percents.length ? percents[index] : 100} %`,
    targets: targets.slice(index === 0 ? 0 : ends[index - 1], end),
  }));
}

function siteOrder(targets: readonly WaveTarget[], first: readonly string[]): string[] {
  const sites = new Set(targets.map(({ site }) => site).filter((site) => site !== null));
  // By code unit, so that every machine gives the same waves.
  return [...new Set([...first, ...[...sites].sort()])];
}

function grouped<T>(
  targets: readonly T[],
  order: readonly string[],
  groupOf: (target: T) => string | null,
): PlannedWave<T>[] {
  const groups = new Map<string | null, T[]>([...order, null].map((name) => [name, []]));
  for (const target of targets) groups.get(groupOf(target))!.push(target);
  return [...groups].map(([name, members]) => ({ label: name ?? 'others', targets: members }));
}
