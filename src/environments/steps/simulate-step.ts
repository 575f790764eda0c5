import { randomUUID } from 'node:crypto';
import { ActionError } from '../../common/errors.js';
import { exportsOf } from './exports.js';
import type { WorkContext, WorkHandler } from './step-work.js';

const LONGEST_MS = 24 * 3_600_000;
/** A claim does not wait longer than this: the rest of the time its worker does other things. */
const SLICE_MS = 5_000;

interface SimulateState extends Record<string, unknown> {
  readonly uuid: string;
  readonly tries: number;
  /** By the database's clock, so that a crash does not make the time begin again. */
  readonly endsAt: number;
}

/** A step that does nothing but take its time, and succeeds or fails as its template says: for trying out templates. */
export const simulateStep: WorkHandler = {
  async run(context) {
    const { definition, record } = context.subject;
    const state = await begin(context);
    await record.startAction({ uuid: state.uuid, name: 'Simulation', description: `try ${state.tries + 1}` });
    const left = state.endsAt - context.now();
    if (left > SLICE_MS)
      return { outcome: 'again', afterMs: Math.min(left, SLICE_MS), waitingFor: 'the end of a simulation' };
    await sleep(Math.max(0, left), context.signal);
    const { outcome, failTimes } = definition.settings;
    if (outcome === 'fail' || state.tries < numberOf(failTimes, 0)) {
      const problem = `Simulated failure, try ${state.tries + 1}`;
      await record.endAction(state.uuid, 'Failed', `FAILURE: ${problem}`);
      throw new ActionError(problem, { code: 'simulated', retryable: true });
    }
    await record.endAction(state.uuid, 'Successful');
    return { outcome: 'success', result: { exports: exportsOf(context.subject, {}) } };
  },
};

/** One action per try: what the try before this one remembered is over. */
async function begin({ step, subject, remember, now }: WorkContext): Promise<SimulateState> {
  const tries = step.tries ?? 0;
  const known = step.state as SimulateState | undefined;
  if (known?.tries === tries) return known;
  const durationMs = Math.min(LONGEST_MS, numberOf(subject.definition.settings['durationMs'], 0));
  const state = { uuid: randomUUID(), tries, endsAt: now() + durationMs };
  await remember(state);
  return state;
}

function numberOf(value: unknown, otherwise: number): number {
  const number = Number(value ?? otherwise);
  return Number.isFinite(number) && number > 0 ? number : otherwise;
}

function sleep(ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(resolve, ms);
    signal.addEventListener('abort', () => {
      clearTimeout(timer);
      reject(new Error('aborted'));
    });
  });
}
