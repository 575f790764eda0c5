import { setTimeout as delay } from 'node:timers/promises';
import { ServerUnreachable } from './fleet-client.js';

const SHORTEST_PAUSE_MS = 1_000;
const LONGEST_PAUSE_MS = 15_000;

/**
 * Asks until the server answers, less and less often, for as long as patience lasts; then it ends with `ServerUnreachable`.
 * For what only reads: a request that nobody answered may have been heard.
 */
export async function askPatiently<T>(
  ask: () => Promise<T>,
  patienceMs: number,
  note: (text: string) => void,
  signal: AbortSignal,
): Promise<T> {
  const begun = performance.now();
  for (let misses = 0; ; misses += 1) {
    try {
      const answer = await ask();
      if (misses > 0) note('the server is back');
      return answer;
    } catch (error) {
      const left = begun + patienceMs - performance.now();
      if (!(error instanceof ServerUnreachable) || left <= 0) throw error;
      if (misses === 0) note(`${error.message}; asking again`);
      const pause = Math.min(SHORTEST_PAUSE_MS * 2 ** Math.min(misses, 10), LONGEST_PAUSE_MS, left);
      await delay(Math.max(10, Math.ceil(pause)), undefined, { signal });
    }
  }
}
