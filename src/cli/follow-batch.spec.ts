import { BATCH_ID, sampleBatch } from '../../test/support/sample-batch.js';
import type { BatchDetailAnswer } from './batch-wire.js';
import { type Answer, RequestRefused, ServerUnreachable } from './fleet-client.js';
import { type BatchSource, followBatch, type FollowWish } from './follow-batch.js';

type Reply = BatchDetailAnswer | Error | (() => Promise<BatchDetailAnswer>);

/** Answers what it is told to, one after the other, and the last of them for ever. */
class ScriptedSource implements BatchSource {
  asked = 0;
  readonly timeouts: number[] = [];

  constructor(private readonly replies: readonly Reply[]) {}

  async getOnce<T>(path: string, timeoutMs: number): Promise<Answer<T>> {
    expect(path).toBe(`batches/${BATCH_ID}`);
    this.timeouts.push(timeoutMs);
    const reply = this.replies[Math.min(this.asked++, this.replies.length - 1)]!;
    if (reply instanceof Error) throw reply;
    return { status: 200, body: (typeof reply === 'function' ? await reply() : reply) as T };
  }
}

const AWAY = new ServerUnreachable('http://slipway does not answer: connect ECONNREFUSED');
const RUNNING = sampleBatch();
const over = (outcome: BatchDetailAnswer['outcome']) => sampleBatch({ status: 'failed', outcome });
const refused = (status: number) => new RequestRefused(status, `refused with ${status}`, null);

async function followed(replies: readonly Reply[], wish: Partial<FollowWish> = {}, signal?: AbortSignal) {
  const source = new ScriptedSource(replies);
  const shown: BatchDetailAnswer[] = [];
  const notes: string[] = [];
  const hooks = { show: (batch: BatchDetailAnswer) => shown.push(batch), note: (text: string) => notes.push(text) };
  const whole = { timeoutMs: null, patienceMs: 60_000, pollMs: 1, ...wish };
  const end = await followBatch(source, BATCH_ID, whole, hooks, signal ?? new AbortController().signal);
  return { ...end, source, shown, notes };
}

describe('following a batch', () => {
  it.each([
    ['succeeded', 0],
    ['failed', 1],
    ['halted', 3],
    ['cancelled', 4],
    ['unknown', 6],
  ] as const)('ends with the code of %s', async (outcome, code) => {
    const end = await followed([RUNNING, RUNNING, over(outcome)]);
    expect(end).toMatchObject({ code, problem: null, batch: { outcome } });
    expect(end.shown).toHaveLength(3);
    expect(end.source.asked).toBe(3);
  });

  it('goes on where it was when a server that was away is back', async () => {
    const end = await followed([RUNNING, AWAY, AWAY, RUNNING, AWAY, over('succeeded')]);
    expect(end).toMatchObject({ code: 0, problem: null });
    expect(end.notes).toEqual([
      `${AWAY.message}; asking again`,
      'the server is back',
      `${AWAY.message}; asking again`,
      'the server is back',
    ]);
  });

  it('waits for a server that is not there yet', async () => {
    expect(await followed([AWAY, AWAY, over('failed')])).toMatchObject({ code: 1 });
  });

  it('ends with unknown when its patience with a silent server is over', async () => {
    const end = await followed([sampleBatch({ progress: 100, jobs: { succeeded: 3 } }), AWAY], { patienceMs: 30 });
    expect(end).toMatchObject({ code: 6, batch: { progress: 100 }, problem: AWAY.message });
  });

  it('counts patience from the last answer, not from the beginning', async () => {
    const slow = () => new Promise<BatchDetailAnswer>((resolve) => setTimeout(() => resolve(RUNNING), 300));
    const end = await followed([slow, AWAY, slow, AWAY, over('succeeded')], { patienceMs: 250 });
    expect(end).toMatchObject({ code: 0 });
  });

  it.each([401, 403, 404])('that is refused with %i from the middle on has an unknown outcome', async (status) => {
    const end = await followed([RUNNING, refused(status)]);
    expect(end).toMatchObject({ code: 6, batch: RUNNING, problem: `refused with ${status}` });
  });

  it('that is refused from the beginning is an error: there is nothing to wait for', async () => {
    await expect(followed([refused(404)])).rejects.toThrow('refused with 404');
    await expect(followed([AWAY, refused(401)])).rejects.toThrow('refused with 401');
  });

  it('ends with a timeout of its own while the batch goes on', async () => {
    const end = await followed([RUNNING], { timeoutMs: 40 });
    expect(end).toMatchObject({ code: 5, batch: RUNNING, problem: 'not over after 0.04 s' });
    expect(end.source.asked).toBeGreaterThan(1);
  });

  it('says at the timeout that the server was away', async () => {
    const end = await followed([RUNNING, AWAY], { timeoutMs: 40 });
    expect(end).toMatchObject({ code: 5, problem: `not over after 0.04 s, and just now ${AWAY.message}` });
    expect(await followed([AWAY], { timeoutMs: 40 })).toMatchObject({ code: 5, batch: null });
  });

  it('asks once with a timeout of zero, and takes an end for an end', async () => {
    expect(await followed([over('succeeded')], { timeoutMs: 0 })).toMatchObject({ code: 0 });
    expect(await followed([RUNNING], { timeoutMs: 0 })).toMatchObject({ code: 5 });
  });

  it('gives no single request more time than there is left', async () => {
    const { source } = await followed([RUNNING, over('succeeded')], { timeoutMs: 5_000 });
    expect(Math.max(...source.timeouts)).toBeLessThanOrEqual(5_000);
    // Timers take no others.
    expect(source.timeouts.every(Number.isInteger)).toBe(true);
  });

  it.each([
    ['nothing', undefined],
    ['null', null],
    ['another batch that succeeded', { ...over('succeeded'), id: 'a1b2' }],
    ["a portal's own JSON", { status: 'ok', outcome: 'succeeded' }],
    ['a batch without an outcome', { ...RUNNING, outcome: undefined }],
  ])('takes %s for no answer', async (_what, body) => {
    const end = await followed([RUNNING, async () => body as BatchDetailAnswer], { patienceMs: 30 });
    expect(end).toMatchObject({ code: 6, batch: RUNNING, problem: expect.stringContaining('not the batch') as string });
  });

  it('passes on what is a fault of its own', async () => {
    await expect(followed([RUNNING, new TypeError('oops')])).rejects.toThrow('oops');
  });

  it('stops at once when it is told to', async () => {
    const stop = new AbortController();
    const running = followed([RUNNING], { pollMs: 60_000 }, stop.signal);
    setImmediate(() => stop.abort());
    await expect(running).rejects.toThrow();
  });
});
