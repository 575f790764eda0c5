import { Injectable } from '@nestjs/common';
import { InjectDataSource } from '@nestjs/typeorm';
import type { DataSource } from 'typeorm';
import { StepDrivers } from '../steps/step-drivers.js';
import { leaseHolder } from '../steps/ssh-targets.js';

const BY = 'environments';
/** Of one pass; the rest is soon. */
const CHUNK = 20;

/**
 * Gives the pool back what a destroyed environment still has, because its destroy workflow did not, or nobody ran it. Also what
 * a lease step took that was stopped before it could say so.
 */
@Injectable()
export class ServerReturns {
  constructor(
    @InjectDataSource() private readonly dataSource: DataSource,
    private readonly drivers: StepDrivers,
  ) {}

  async pass(): Promise<void> {
    const lender = this.drivers.leases.find();
    if (lender === null) return;
    const left = await this.dataSource.query<{ id: number }[]>(
      `select e.id from environments e where e.status = 'Destroyed' and (
         exists (select 1 from leased_servers l where l.environment_id = e.id and l.status = 'Ready')
         or e.modified_at > now() - interval '5 minutes' and exists (
           select 1 from environment_steps s join environment_workflows w on w.id = s.workflow_id
           where w.environment_id = e.id and s.definition->>'kind' = 'lease' and s.status in ('Canceled', 'Failed')))
       order by e.id limit ${CHUNK}`,
    );
    for (const environment of left) {
      await lender.release(leaseHolder({ environment: { id: environment.id } }), null, BY);
      await this.dataSource.query(
        `update leased_servers set status = 'Released', released_at = now()
         where environment_id = $1 and status = 'Ready'`,
        [environment.id],
      );
    }
  }
}
