import type { StepHandler } from '../../../orchestration/step-handler.js';
import { withSession, type UpgradeSubject } from '../upgrade-subject.js';

/** Brings the image to the device and proves that it arrived whole (spec upgrade sections 3.2 and 3.3). */
export const distributionStep: StepHandler<UpgradeSubject> = {
  run: (context) =>
    withSession(context, async (session) => {
      const { image, input } = context.subject;
      if (input.cleanupFlash) {
        const removed = await session.cleanup(image);
        context.log(removed.length > 0 ? `cleaned up: removed ${removed.join(', ')}` : 'cleaned up: nothing to remove');
      }
      if (await session.hasImage(image)) {
        return { outcome: 'success', message: `${image.filename} is already there, verified` };
      }
      await session.transfer(image);
      return {
        outcome: 'success',
        message: `${image.filename} copied and verified`,
        result: { bytes: image.sizeBytes },
      };
    }),
};
