import type { LoggedEvent } from '../logged-event.js';
import { toEventView } from '../event.view.js';

/** Events as server-sent events (the HTML standard's event stream). JSON holds no line ends, so one data line will do. */
export function framesOf(events: readonly LoggedEvent[]): Buffer {
  return Buffer.from(
    events
      .map((event) => `id: ${event.seq}\nevent: ${event.type}\ndata: ${JSON.stringify(toEventView(event))}\n\n`)
      .join(''),
  );
}

/** Says that what was asked for is not there any more, and where the stream goes on instead. */
export function gapFrame(after: number, resumesAfter: number): Buffer {
  return Buffer.from(
    `id: ${resumesAfter}\nevent: stream.gap\ndata: ${JSON.stringify({ after, resumes_after: resumesAfter })}\n\n`,
  );
}

/** How soon a client comes back, in milliseconds. Also the first bytes, so that a client knows that it is in. */
export const HELLO = Buffer.from('retry: 2000\n\n');
/** Where the client is although nothing for it happened, so that it comes back there. */
export function positionFrame(seq: number): Buffer {
  return Buffer.from(`id: ${seq}\n\n`);
}
