import { DriverError } from '../device-driver.js';
import { pathOfLink, textAt } from './json-parts.js';
import type { RedfishAnswer } from './redfish-call.js';
import { retryAfterOf } from './redfish-errors.js';
import type { RedfishSession } from './redfish-session.js';

const ENDED_BADLY: ReadonlySet<string> = new Set(['Exception', 'Killed', 'Cancelled', 'Interrupted']);

/**
 * Waits for what a 202 has begun, by its task monitor: which is no task but the answer to come, so that another status than
 * 202 is the end of it. Some controllers show the task itself there.
 */
export async function awaitTask(
  session: RedfishSession,
  begun: RedfishAnswer,
  what: string,
  patienceMs: number,
): Promise<void> {
  const monitor = pathOfLink(begun.headers['location'] ?? textAt(begun.body, '@odata.id') ?? '//');
  // Nobody says where to look: what the act was for is looked at anyway.
  if (monitor === null) return;
  const until = Date.now() + patienceMs;
  for (let answer = begun; ;) {
    await session.wait(retryAfterOf(answer, Date.now()) ?? undefined);
    answer = await session.request({ method: 'GET', path: monitor });
    // A monitor is gone once its answer was fetched, perhaps by a try of ours that lost its connection.
    if (answer.status === 404 || answer.status === 410) return;
    const state = textAt(answer.body, 'TaskState');
    if (state !== null && ENDED_BADLY.has(state)) {
      throw new DriverError('command_rejected', `The controller gave up ${what}: ${state}`);
    }
    if (answer.status >= 300) throw session.refusal(answer, what);
    const isOver = answer.status !== 202 && (state === null || state === 'Completed');
    if (isOver || state === 'Completed') return;
    if (Date.now() > until) {
      throw new DriverError('prompt_timeout', `The controller works on ${what} for ${patienceMs / 1000} s already`);
    }
  }
}
