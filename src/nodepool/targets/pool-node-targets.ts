import { Injectable } from '@nestjs/common';
import type { EntityManager } from 'typeorm';
import { AuditService } from '../../auth/audit/audit.service.js';
import type { Principal } from '../../auth/principal.js';
import { Conflict, NotFound } from '../../common/errors.js';
import { NO_PARAMETERS } from '../../orchestration/targets/no-parameters.js';
import { type DelegatedAction, TargetKinds } from '../../orchestration/targets/target-kinds.js';
import { RowTargets, type TargetRows } from '../../orchestration/targets/target-rows.js';
import { PoolJobs } from '../jobs/pool-jobs.service.js';
import { NODE_KIND } from '../nodes/node-wishes.service.js';
import { NodepoolWork } from '../nodepool-work.js';
import { PoolNode } from '../pool-node.entity.js';
import { POOL_STATES, stateName } from '../states.js';

/** SQL: the state's name of the column `state`. */
const STATE_WORDS = `case state ${Object.entries(POOL_STATES)
  .map(([name, state]) => `when ${state} then '${name}'`)
  .join(' ')} end`;

const NODES: TargetRows = {
  kind: 'pool-node',
  select: `select id as key, coalesce(hostname, label_name || ' on ' || provider_name) as label, provider_name as site,
      jsonb_build_array(label_name) as tags, null::text as version, ${STATE_WORDS} as state from pool_nodes`,
};

/** The pool's nodes as the fleet sees them. */
@Injectable()
export class PoolNodeTargets extends RowTargets {
  readonly dialect = 'nodepool';
  readonly actions: Readonly<Record<string, DelegatedAction>> = {
    delete: {
      mode: 'delegated',
      summary: 'Delete the node and its server; the pool launches another where it needs one',
      ...NO_PARAMETERS,
      start: (tx, principal, target) => this.delete(tx, principal, Number(target.id)),
    },
  };

  constructor(
    kinds: TargetKinds,
    private readonly work: NodepoolWork,
    private readonly jobs: PoolJobs,
    private readonly audit: AuditService,
  ) {
    super(kinds, NODES);
  }

  private async delete(tx: EntityManager, by: Principal, id: number): Promise<string> {
    const node = await tx.findOne(PoolNode, { where: { id }, lock: { mode: 'pessimistic_write' } });
    if (!node) throw new NotFound('Node id not found');
    await this.work.deleteNode(tx, id, { id: by.userId, name: by.username });
    await this.audit.record(tx, by, {
      action: 'delete',
      objectType: 'pool-node',
      objectId: id,
      objectRepr: node.hostname ?? `${node.labelName} on ${node.providerName}`,
      before: { state: stateName(node.state) },
      after: { state: 'delete' },
    });
    const batchId = await this.jobs.underWay(tx, NODE_KIND, id, 'delete');
    if (batchId === null) throw new Conflict('The node is being deleted already.');
    return batchId;
  }
}
