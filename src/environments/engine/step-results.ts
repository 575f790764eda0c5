import type { EntityManager } from 'typeorm';
import { storableJson } from '../../orchestration/storable.js';
import type { Environment } from '../records/environment.entity.js';
import type { EnvironmentServer, StepResult } from '../steps/step-work.js';

/** What a step leaves behind, in the transaction that ends it: both are there after a crash, or neither. */
export async function recordResult(tx: EntityManager, environment: Environment, result: StepResult): Promise<void> {
  const { exports = {}, attributes = {}, leased = [], released = [] } = result;
  if (Object.keys(exports).length + Object.keys(attributes).length > 0) {
    await tx.query(
      'update environments set context = context || $2::jsonb, attributes = attributes || $3::jsonb where id = $1',
      [environment.id, storableJson(exports), storableJson(attributes)],
    );
  }
  for (const server of leased) await recordLease(tx, environment.id, server);
  if (released.length > 0) {
    await tx.query(
      `update leased_servers set status = 'Released', released_at = now()
       where environment_id = $1 and instance_id = any($2::text[]) and status = 'Ready'`,
      [environment.id, released],
    );
  }
}

async function recordLease(tx: EntityManager, environmentId: number, server: EnvironmentServer): Promise<void> {
  await tx.query(
    `insert into leased_servers (environment_id, role, host_number, instance_id, address, status, lease)
     select $1, $2, count(*), $3, $4, 'Ready', $5 from leased_servers where environment_id = $1 and role = $2
     having not exists (
       select 1 from leased_servers where environment_id = $1 and instance_id = $3 and status = 'Ready')`,
    [environmentId, server.role, server.id, server.address, storableJson(server)],
  );
}
