/** graphile-worker with a task that does nothing, with the settings Slipway gives it: what the queue alone can do. */
import { setTimeout as sleep } from 'node:timers/promises';
import { Logger } from '@nestjs/common';
import { Queue } from '../orchestration/queue.js';
import { answerParent } from './child-answers.js';
import { NO_OP } from './queue-tasks.js';

Logger.overrideLogger(['error', 'warn']);

let queue: Queue | undefined;
let done = 0;
let awaited = { count: Infinity, reached: (): void => undefined };

answerParent({
  async start({ databaseUrl, concurrency }: { databaseUrl: string; concurrency: number }) {
    queue = new Queue({
      databaseUrl,
      name: 'bench',
      tasks: {
        [NO_OP]: async () => {
          done += 1;
          if (done === awaited.count) awaited.reached();
        },
      },
      concurrency,
      // As `worker.service.ts` has it.
      connections: Math.min(concurrency, 10) + 1,
    });
    queue.start();
    while (!queue.isRunning) await sleep(20);
  },
  /** Resolves when so many more tasks have run, counted from the question on. */
  untilDone(count: number) {
    return new Promise<void>((resolve) => (awaited = { count: done + count, reached: resolve }));
  },
  async stop() {
    await queue?.stop();
  },
});
