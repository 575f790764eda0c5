import type { DataSource } from 'typeorm';
import type { ServerProcess } from './server-process.js';

/**
 * The silence of a server that was killed counts as long enough already. That a process is noticed by its silence alone,
 * and how soon, is shown in test/e2e/kill.spec.ts.
 */
export async function countAsDead(dataSource: DataSource, { process }: ServerProcess): Promise<void> {
  if (process.signalCode !== 'SIGKILL') throw new Error('it was not killed');
  await dataSource.query(`update workers set heartbeat_at = '-infinity' where pid = $1`, [process.pid]);
}
