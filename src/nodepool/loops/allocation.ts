/**
 * Decides where the nodes that are missing shall be launched (spec nodepool section 2.5): pure. What does not fit is not
 * launched, what fits is; each label is spread over its providers in proportion to their room.
 */
export interface LabelNeed {
  readonly label: string;
  readonly need: number;
  /** Those that could launch it now, in the order of the config. */
  readonly providers: readonly string[];
}

export interface Allotment {
  readonly label: string;
  readonly provider: string;
  readonly count: number;
}

/** What a label lacks: nodes on their way count as if they were there, held and deleting ones do not. */
export function needOf(minReady: number, present: number): number {
  return minReady < 0 ? 0 : Math.max(0, minReady - present);
}

/** `rows`: all of a provider's nodes in any state. Over-allocated: nothing, never less than that. */
export function roomOf(maxServers: number, rows: number): number {
  return Math.max(0, maxServers - rows);
}

type Grid = Map<string, Map<string, number>>;

export function allocate(needs: readonly LabelNeed[], room: ReadonlyMap<string, number>): Allotment[] {
  const free = new Map(room);
  const given: Grid = new Map(needs.map(({ label }) => [label, new Map<string, number>()]));
  // Those with the fewest choices first: the others can go elsewhere.
  const inTurn = [...needs].sort((a, b) => a.providers.length - b.providers.length);
  for (const need of inTurn) spread(need, free, given.get(need.label)!);
  for (const need of inTurn) while (lacks(need, given) && makeRoom(need, needs, free, given));
  return needs.flatMap(({ label, providers }) =>
    providers.flatMap((provider) => {
      const count = given.get(label)!.get(provider) ?? 0;
      return count > 0 ? [{ label, provider, count }] : [];
    }),
  );
}

/** In proportion to the free places; what is left over by rounding goes where the largest part was cut off. */
function spread(need: LabelNeed, free: Map<string, number>, row: Map<string, number>): void {
  const places = need.providers.map((provider) => ({ provider, free: free.get(provider) ?? 0 }));
  const total = places.reduce((sum, place) => sum + place.free, 0);
  const count = Math.min(need.need, total);
  if (count <= 0) return;
  const shares = places.map((place) => {
    const exact = (count * place.free) / total;
    return { ...place, count: Math.floor(exact), cut: exact - Math.floor(exact) };
  });
  let rest = count - shares.reduce((sum, share) => sum + share.count, 0);
  for (const share of [...shares].sort((a, b) => b.cut - a.cut)) {
    if (rest === 0 || share.count >= share.free) continue;
    share.count += 1;
    rest -= 1;
  }
  for (const share of shares) {
    row.set(share.provider, share.count);
    free.set(share.provider, share.free - share.count);
  }
}

function lacks({ label, need }: LabelNeed, given: Grid): boolean {
  return [...given.get(label)!.values()].reduce((sum, count) => sum + count, 0) < need;
}

/**
 * One more place for a label none of whose providers has room: another label moves to a provider of its own that has, if need
 * be after a third one moved, and so on. False when no chain of moves ends at a free place.
 */
function makeRoom(wanting: LabelNeed, needs: readonly LabelNeed[], free: Map<string, number>, given: Grid): boolean {
  const cameFrom = new Map<string, { provider: string | null; label: string }>();
  const queue: string[] = [];
  const reach = (provider: string, from: string | null, label: string): void => {
    if (cameFrom.has(provider)) return;
    cameFrom.set(provider, { provider: from, label });
    queue.push(provider);
  };
  for (const provider of wanting.providers) reach(provider, null, wanting.label);
  for (let provider = queue.shift(); provider !== undefined; provider = queue.shift()) {
    if ((free.get(provider) ?? 0) > 0) {
      moveAlong(provider, cameFrom, given);
      free.set(provider, free.get(provider)! - 1);
      return true;
    }
    for (const other of needs) {
      if ((given.get(other.label)!.get(provider) ?? 0) === 0) continue;
      for (const next of other.providers) reach(next, provider, other.label);
    }
  }
  return false;
}

function moveAlong(
  end: string,
  cameFrom: ReadonlyMap<string, { provider: string | null; label: string }>,
  given: Grid,
): void {
  for (let at: string | null = end; at !== null;) {
    const { provider: from, label }: { provider: string | null; label: string } = cameFrom.get(at)!;
    const row = given.get(label)!;
    row.set(at, (row.get(at) ?? 0) + 1);
    if (from !== null) row.set(from, row.get(from)! - 1);
    at = from;
  }
}
