import type { StepHandler } from '../../../orchestration/step-handler.js';
import type { NodeJobSubject } from '../node-job.js';
import { withNode } from '../node-session.js';

/** Ends what still runs on the node: a command outlives the job that started it, so stopping the job is not enough. */
export const haltStep: StepHandler<NodeJobSubject> = {
  async run(context) {
    return withNode(context, async (session) => {
      const ended = await session.halt(null);
      if (context.step.config['forget'] === true) await session.forget();
      const message = ended.length === 0 ? 'Nothing ran on the node' : `Ended ${ended.length} command on the node`;
      return { outcome: 'success', message };
    });
  },
};
