import { Injectable } from '@nestjs/common';
import type { EntityManager } from 'typeorm';
import type { Principal } from '../../auth/principal.js';
import { Invalid } from '../../common/errors.js';
import { NO_PARAMETERS } from '../../orchestration/targets/no-parameters.js';
import { type DelegatedAction, TargetKinds } from '../../orchestration/targets/target-kinds.js';
import { RowTargets, type TargetRows } from '../../orchestration/targets/target-rows.js';
import { FUEL } from '../deployment/node-job.js';
import type { Task } from '../task.entity.js';
import { ChangesService } from './changes.service.js';
import { DeploymentsService } from './deployments.service.js';

const CLUSTERS: TargetRows = {
  kind: 'cluster',
  select: `select c.id as key, c.name as label, null::text as site, '[]'::jsonb as tags, r.version, c.status as state
    from clusters c left join releases r on r.id = c.release_id`,
};

/** Fuel's environments as the fleet sees them; their tasks are made by the services that make them for Fuel's clients. */
@Injectable()
export class ClusterTargets extends RowTargets {
  readonly dialect = FUEL;
  readonly actions: Readonly<Record<string, DelegatedAction>>;

  constructor(
    kinds: TargetKinds,
    private readonly changes: ChangesService,
    private readonly deployments: DeploymentsService,
  ) {
    super(kinds, CLUSTERS);
    this.actions = {
      deploy: delegated('Deploy everything that is pending', (tx, by, id) => this.changes.deployWithin(tx, by, id)),
      update: delegated('Upgrade to the pending release', (tx, by, id) => this.deployments.updateWithin(tx, by, id)),
    };
  }
}

type StartTask = (tx: EntityManager, principal: Principal, clusterId: number) => Promise<Task>;

function delegated(summary: string, start: StartTask): DelegatedAction {
  return {
    mode: 'delegated',
    summary,
    ...NO_PARAMETERS,
    start: async (tx, principal, target) => batchOf(await start(tx, principal, Number(target.id))),
  };
}

/** A task that was over before it began has no batch: what it says is why. */
export function batchOf(task: Task): string {
  if (task.batchId === null) throw new Invalid(task.message || 'There was nothing to do.');
  return task.batchId;
}
