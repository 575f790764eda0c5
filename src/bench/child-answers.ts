/** The child's side of the benchmark's processes: answers what its parent asks, and ends with it. */

export interface Question {
  readonly id: number;
  readonly ask: string;
  readonly with: unknown;
}

export type Reply = { readonly id: number } & ({ readonly answer: unknown } | { readonly error: string });

export type Answers = Readonly<Record<string, (given: never) => Promise<unknown>>>;

export function answerParent(answers: Answers): void {
  const all: Answers = { memory: async () => memory(), ...answers };
  process.on('message', (question: Question) => {
    void replyTo(all, question).then((reply) => process.send?.(reply));
  });
  // The parent is gone, however it ended: nobody is left to measure for.
  process.on('disconnect', () => process.exit(0));
  // Ctrl-C reaches the whole group; the parent then ends its children in good order.
  process.on('SIGINT', () => undefined);
}

async function replyTo(answers: Answers, { id, ask, with: given }: Question): Promise<Reply> {
  try {
    const answer = answers[ask];
    if (!answer) throw new Error(`nobody here can answer "${ask}"`);
    return { id, answer: await answer(given as never) };
  } catch (error) {
    return { id, error: error instanceof Error ? String(error.stack) : String(error) };
  }
}

export interface Memory {
  readonly rss: number;
  readonly heapUsed: number;
  /** The largest resident set since the process began. */
  readonly peak: number;
}

/** After a collection, so that what is garbage does not count. */
function memory(): Memory {
  for (let round = 0; round < 3; round += 1) globalThis.gc?.();
  const { rss, heapUsed } = process.memoryUsage();
  return { rss, heapUsed, peak: process.resourceUsage().maxRSS * 1024 };
}
