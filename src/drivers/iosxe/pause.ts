import { setTimeout as wait } from 'node:timers/promises';

/** Waits; false when the signal ended the wait. */
export async function pause(milliseconds: number, signal: AbortSignal): Promise<boolean> {
  if (signal.aborted) return false;
  return wait(milliseconds, true, { signal }).catch(() => false);
}
