import type { ServerLeases } from '../../drivers/pool/server-leases.js';
import { exportsOf } from './exports.js';
import { leaseHolder } from './ssh-targets.js';
import type { StepWork, WorkHandler } from './step-work.js';
import { failedTry, numberOf, textOf, unfit } from './work-text.js';

const ASK_AGAIN_MS = 2_000;
const LONGEST_S = 600;
const MOST_SERVERS = 1_000;

/** Takes servers out of the node pool; as long as there are not enough it waits for them (spec environments section 5.3). */
export const leaseStep: WorkHandler = {
  async run(context) {
    const work = context.subject;
    const [role, label] = [textOf(work, 'role') ?? '', textOf(work, 'label') ?? ''];
    const count = numberOf(work, 'count', 1);
    if (role === '' || label === '') throw unfit('A lease step needs a role and a label');
    if (!Number.isInteger(count) || count < 1 || count > MOST_SERVERS) {
      throw unfit(`A lease step takes 1 to ${MOST_SERVERS} servers`);
    }
    const since = Number(context.step.state?.['since'] ?? context.now());
    if (context.step.state?.['since'] === undefined) await context.remember({ since });
    // One wish for each step: after a crash the same servers are the answer.
    const key = `step:${work.stepId}`;
    const servers = await lender(work).lease({ ...wisherOf(work), key, label, count });
    if (servers) {
      const leased = servers.map(({ id, hostname, address }) => ({ id, role, hostname, address }));
      await work.record.log(null, [{ text: `Took ${leased.map(({ hostname }) => hostname).join(', ')}`, position: 0 }]);
      return { outcome: 'success', result: { leased, exports: exportsOf(work, { servers: leased }) } };
    }
    const timeoutS = work.definition.timeoutSec ?? LONGEST_S;
    if (context.now() - since > timeoutS * 1000) {
      await context.remember({ since: context.now() });
      throw failedTry(`The pool had not ${count} ready servers of ${label} within ${timeoutS} s`);
    }
    return { outcome: 'again', afterMs: ASK_AGAIN_MS, waitingFor: `${count} servers of ${label}` };
  },
};

/** Gives servers of a role, or all of the environment, back. */
export const releaseStep: WorkHandler = {
  async run(context) {
    const work = context.subject;
    const role = textOf(work, 'role');
    const ids = role === null ? null : work.servers.filter((server) => server.role === role).map(({ id }) => id);
    const { holder, by } = wisherOf(work);
    await lender(work).release(holder, ids, by);
    // Also those that the pool had taken away already: the environment has them no more.
    const released = ids ?? work.servers.map(({ id }) => id);
    await work.record.log(null, [{ text: `Gave ${released.length} servers back`, position: 0 }]);
    return { outcome: 'success', result: { released } };
  },
};

function wisherOf(work: StepWork): { holder: string; by: string } {
  return { holder: leaseHolder(work), by: work.workflow.startedBy };
}

function lender(work: StepWork): ServerLeases {
  const leases = work.drivers.leases.find();
  if (!leases) throw unfit('There is no node pool here to lease servers from');
  return leases;
}
