import type { StepHandler } from '../../../orchestration/step-handler.js';
import type { UploadParameters } from '../../../releases/deployment-task.js';
import type { NodeJobSubject } from '../node-job.js';
import { withNode } from '../node-session.js';

/** Writes a file. Writing the same again changes nothing. */
export const uploadStep: StepHandler<NodeJobSubject> = {
  async run(context) {
    const file = context.step.config as unknown as UploadParameters;
    await withNode(context, (session) => session.upload(file));
    return { outcome: 'success', message: `${file.path}, ${Buffer.byteLength(file.data)} bytes, verified` };
  },
};
