/** When an event is tried again, and when no more. Decides only. */
const FIRST_MS = 1_000;
const MOST_MS = 5 * 60_000;
/** What a receiver may ask for with `Retry-After`. */
const MOST_ASKED_MS = 60 * 60_000;
/** However old an event is, it is tried so often. */
const LEAST_TRIES = 4;

/**
 * Milliseconds until the next try after `failed` ones: 1, 2, 4 s and so on up to five minutes, so that a receiver that is
 * back is found soon. A fifth is left to chance, or all would come at once. `chance` is from 0 to 1.
 */
export function retryDelay(failed: number, askedS: number | null, chance: number): number {
  const own = Math.min(MOST_MS, FIRST_MS * 2 ** Math.min(20, Math.max(0, failed - 1)));
  const asked = askedS === null ? 0 : Math.min(MOST_ASKED_MS, askedS * 1000);
  return Math.round(Math.max(own * (0.9 + 0.2 * chance), asked));
}

/**
 * Has it been tried for long enough? Counted from the event, not from the first try: after a receiver was away for a week,
 * not every event of it waits for another three days.
 */
export function isHopeless(failed: number, happenedAt: Date, now: Date, giveUpHours: number): boolean {
  return failed >= LEAST_TRIES && now.getTime() - happenedAt.getTime() > giveUpHours * 3_600_000;
}

/** `Retry-After` in seconds; null when it is missing or a date, which no receiver of webhooks sends. */
export function retryAfterSeconds(header: string | undefined): number | null {
  return header !== undefined && /^\d{1,6}$/.test(header.trim()) ? Number(header) : null;
}
