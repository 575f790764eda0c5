import type { NodeHostSession } from '../../drivers/node-host/node-host-driver.js';
import type { NodeJobContext } from './node-job.js';

/** Logs in to the job's node, lets `act` work, and logs out whatever happens. */
export async function withNode<T>(context: NodeJobContext, act: (session: NodeHostSession) => Promise<T>): Promise<T> {
  const { driver, host, learnHostKey } = context.subject;
  const session = await driver.open(host, { signal: context.signal, learnHostKey });
  try {
    return await act(session);
  } finally {
    await session.close().catch(() => undefined);
  }
}
