import { Injectable } from '@nestjs/common';
import type { EntityManager } from 'typeorm';
import { wakeWaitingJobs } from '../../orchestration/wake-ups.js';

/** Tells the report that waits for a deployment's boot actions that one of them has come to its end. */
@Injectable()
export class BootReports {
  /** `taskId`: the `deploy_node` part. A report that looks at this very moment looks again a few seconds later anyway. */
  async reported(tx: EntityManager, taskId: string): Promise<void> {
    const jobs = await tx.query<{ id: number }[]>(
      `select j.id from drydock_tasks t join jobs j on j.batch_id = t.batch_id
       where t.id = $1 and j.status = 'waiting' and j.input ->> 'action' = 'bootaction_report'`,
      [taskId],
    );
    await wakeWaitingJobs(
      tx,
      jobs.map(({ id }) => id),
    );
  }
}
