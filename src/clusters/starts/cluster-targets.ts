import { Injectable, type OnModuleInit } from '@nestjs/common';
import type { EntityManager } from 'typeorm';
import type { Principal } from '../../auth/principal.js';
import { Invalid } from '../../common/errors.js';
import { refuseFields } from '../../common/fields/read-fields.js';
import type { Sql } from '../../orchestration/sql.js';
import {
  type ActionRequest,
  type DelegatedAction,
  type Target,
  type TargetKind,
  TargetKinds,
  type TargetPage,
} from '../../orchestration/targets/target-kinds.js';
import { findTargetRows, listTargetRows, type TargetRows } from '../../orchestration/targets/target-rows.js';
import { FUEL } from '../deployment/node-job.js';
import type { Task } from '../task.entity.js';
import { ChangesService } from './changes.service.js';
import { DeploymentsService } from './deployments.service.js';

const CLUSTERS: TargetRows = {
  kind: 'cluster',
  select: `select c.id as key, c.name as label, null::text as site, '[]'::jsonb as tags, r.version, c.status as state
    from clusters c left join releases r on r.id = c.release_id`,
};

const NO_PARAMETERS = { type: 'object', additionalProperties: false, properties: {} } as const;

/** Fuel's environments as the fleet sees them; their tasks are made by the services that make them for Fuel's clients. */
@Injectable()
export class ClusterTargets implements TargetKind, OnModuleInit {
  readonly kind = 'cluster';
  readonly dialect = FUEL;
  readonly actions: Readonly<Record<string, DelegatedAction>>;

  constructor(
    private readonly kinds: TargetKinds,
    private readonly changes: ChangesService,
    private readonly deployments: DeploymentsService,
  ) {
    this.actions = {
      deploy: delegated('Deploy everything that is pending', (tx, by, id) => this.changes.deployWithin(tx, by, id)),
      update: delegated('Upgrade to the pending release', (tx, by, id) => this.deployments.updateWithin(tx, by, id)),
    };
  }

  onModuleInit(): void {
    this.kinds.register(this);
  }

  list(sql: Sql, page: TargetPage): Promise<Target[]> {
    return listTargetRows(sql, CLUSTERS, page);
  }

  find(sql: Sql, names: readonly string[]): Promise<Target[]> {
    return findTargetRows(sql, CLUSTERS, names);
  }
}

type StartTask = (tx: EntityManager, principal: Principal, clusterId: number) => Promise<Task>;

function delegated(summary: string, start: StartTask): DelegatedAction {
  return {
    mode: 'delegated',
    summary,
    schema: NO_PARAMETERS,
    parse: takesNothing,
    start: async (tx, principal, target) => batchOf(await start(tx, principal, Number(target.id))),
  };
}

function takesNothing(request: ActionRequest): ActionRequest {
  refuseFields(request, 'body');
  return {};
}

/** A task that was over before it began has no batch: what it says is why. */
export function batchOf(task: Task): string {
  if (task.batchId === null) throw new Invalid(task.message || 'There was nothing to do.');
  return task.batchId;
}
