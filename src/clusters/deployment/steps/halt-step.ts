import type { StepHandler } from '../../../orchestration/step-handler.js';
import type { NodeJobSubject } from '../node-job.js';
import { withNode } from '../node-session.js';

/** Ends what still runs on the node: a command outlives the job that started it, so stopping the job is not enough. */
export const haltStep: StepHandler<NodeJobSubject> = {
  async run(context) {
    return withNode(context, async (session) => {
      const ended = await session.halt(null);
      if (context.step.config['forget'] === true) await session.forget();
      if (ended.length === 0) return { outcome: 'success', message: 'Nothing ran on the node' };
      return { outcome: 'success', message: 'What ran on the node was ended', result: { ended: ended.length } };
    });
  },
};
