import type { StepHandler } from '../../../orchestration/step-handler.js';
import type { NodeJobSubject } from '../node-job.js';

/** A node that leaves its cluster. Its machine may be gone already, and nobody asked for it to be wiped. */
export const leaveStep: StepHandler<NodeJobSubject> = {
  run: () => Promise.resolve({ outcome: 'success', message: 'The host is left as it is' }),
};
