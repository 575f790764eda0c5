/** A step's place in the order of a workflow. */
export interface Placed {
  readonly phase: string;
  readonly after: readonly string[];
}

/**
 * The phases of steps that state none (spec environments section 3.4): each gets one of its own, and follows the step before
 * it unless it says what it follows. So a plain list is done in order.
 */
export function placed(steps: readonly { readonly phase?: string; readonly after?: readonly string[] }[]): Placed[] {
  const places: Placed[] = [];
  for (const [index, { phase, after }] of steps.entries()) {
    const before = places.at(-1);
    const follows = phase === undefined && before ? [before.phase] : [];
    places.push({ phase: phase ?? `auto_${index + 1}`, after: after ?? follows });
  }
  return places;
}

/** The first circle among the phases, as the index of a step in it; null when each can be reached. */
export function stepInCircle(places: readonly Placed[]): number | null {
  const open = new Set(places.keys());
  for (;;) {
    const unfinished = new Set([...open].map((index) => places[index]?.phase));
    const startable = [...open].filter((index) => !places[index]?.after.some((phase) => unfinished.has(phase)));
    if (startable.length === 0) return [...open][0] ?? null;
    for (const index of startable) open.delete(index);
  }
}
