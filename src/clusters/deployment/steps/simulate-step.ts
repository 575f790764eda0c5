import { simulateNode } from '../../../drivers/node-host/simulated-node.js';
import type { StepHandler } from '../../../orchestration/step-handler.js';
import type { NodeJobSubject } from '../node-job.js';

/** The whole work on a simulated node. Its part that was done is the step's own progress, so it goes on where it was. */
export const simulateStep: StepHandler<NodeJobSubject> = {
  async run(context) {
    const { input, host } = context.subject;
    await simulateNode(host, input.action, context.step.fraction ?? 0, {
      signal: context.signal,
      progress: (fraction) => context.progress(fraction),
    });
    return { outcome: 'success', message: `Simulated: ${input.action}` };
  },
};
