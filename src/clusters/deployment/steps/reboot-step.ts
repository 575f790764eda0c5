import { randomUUID } from 'node:crypto';
import { ActionError } from '../../../common/errors.js';
import type { CheckOutcome, StepHandler, StepOutcome } from '../../../orchestration/step-handler.js';
import type { NodeJobSubject } from '../node-job.js';
import { withNode } from '../node-session.js';

const ASK_AGAIN_MS = 3_000;

/**
 * Reboots the node. It is announced before it is asked for; from then on the host is only looked at: another boot id is
 * the only proof, and without a trace of the command it was never received and may be sent again.
 */
export const rebootStep: StepHandler<NodeJobSubject> = {
  async run(context): Promise<StepOutcome> {
    return withNode(context, async (session) => {
      const { bootId } = await session.facts();
      const token = randomUUID();
      await context.beforeIrreversible({ bootId, token });
      const start = await session.reboot(token);
      if (start === 'busy') {
        throw new ActionError('Another command still runs on the node', { code: 'busy', retryable: true });
      }
      return { outcome: 'again', afterMs: ASK_AGAIN_MS, waitingFor: 'The node to come back' };
    });
  },

  async check(context): Promise<CheckOutcome> {
    const { bootId, token } = context.step.state as { bootId: string; token: string };
    return withNode(context, async (session) => {
      const facts = await session.facts();
      if (facts.bootId !== bootId) return { outcome: 'success', message: `${facts.hostname} has rebooted` };
      const look = await session.look(token, 0);
      if (look.state === 'absent') return { outcome: 'not_done', message: 'The reboot was not asked for yet' };
      if (look.state === 'ended' && look.exitCode !== 0) {
        const said = look.lines.slice(-3).join(' ');
        return { outcome: 'failed', message: `The host refused to reboot (exit code ${look.exitCode}): ${said}` };
      }
      return { outcome: 'again', afterMs: ASK_AGAIN_MS, waitingFor: 'The node to go down' };
    });
  },
};
