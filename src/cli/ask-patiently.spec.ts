import { askPatiently } from './ask-patiently.js';
import { RequestRefused, ServerUnreachable } from './fleet-client.js';

const AWAY = new ServerUnreachable('http://slipway does not answer: connect ECONNREFUSED');

function asking(replies: readonly (string | Error)[], patienceMs: number, signal = new AbortController().signal) {
  const notes: string[] = [];
  let asked = 0;
  const ask = async (): Promise<string> => {
    const reply = replies[Math.min(asked++, replies.length - 1)]!;
    if (reply instanceof Error) throw reply;
    return reply;
  };
  return { notes, answer: askPatiently(ask, patienceMs, (text) => notes.push(text), signal), asked: () => asked };
}

describe('asking patiently', () => {
  it('goes on when a server that was away is back', async () => {
    const { answer, notes } = asking([AWAY, 'here'], 60_000);
    expect(await answer).toBe('here');
    expect(notes).toEqual([`${AWAY.message}; asking again`, 'the server is back']);
  });

  it('ends with what was wrong when patience is over, and asks once without any', async () => {
    const { answer, asked } = asking([AWAY], 50);
    await expect(answer).rejects.toBe(AWAY);
    // A timer may be a millisecond early: then patience is not quite over at the second try.
    expect([2, 3]).toContain(asked());
    const none = asking([AWAY], 0);
    await expect(none.answer).rejects.toBe(AWAY);
    expect(none.asked()).toBe(1);
  });

  it('takes a refusal for an answer', async () => {
    const { answer, asked } = asking([new RequestRefused(404, 'No job', null)], 60_000);
    await expect(answer).rejects.toThrow('No job');
    expect(asked()).toBe(1);
  });

  it('stops at once when it is told to', async () => {
    const stop = new AbortController();
    const { answer } = asking([AWAY], 60_000, stop.signal);
    setImmediate(() => stop.abort());
    await expect(answer).rejects.toThrow();
  });
});
