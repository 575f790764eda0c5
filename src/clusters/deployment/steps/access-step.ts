import type { StepHandler } from '../../../orchestration/step-handler.js';
import type { NodeJobSubject } from '../node-job.js';
import { withNode } from '../node-session.js';

/** Proves that the node is there and can be worked on. It is all that provisioning does: Slipway installs no systems. */
export const accessStep: StepHandler<NodeJobSubject> = {
  async run(context) {
    const { refusal, tasks } = context.step.config;
    if (typeof refusal === 'string') return { outcome: 'failed', message: refusal };
    const facts = await withNode(context, (session) => session.facts());
    const answer = `${facts.hostname} answers (${facts.system})`;
    const hasNothing = context.subject.input.action === 'deploy' && tasks === 0;
    return {
      outcome: 'success',
      message: hasNothing ? `${answer}; no deployment task is for its roles` : answer,
      result: { ...facts },
    };
  },
};
