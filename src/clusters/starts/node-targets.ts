import { Injectable } from '@nestjs/common';
import { ArrayMaxSize, ArrayMinSize, IsArray, IsString, MaxLength } from 'class-validator';
import { IfGiven } from '../../common/fields/if-given.js';
import type { EntityManager } from 'typeorm';
import type { Principal } from '../../auth/principal.js';
import { Invalid } from '../../common/errors.js';
import { readFields } from '../../common/fields/read-fields.js';
import { Node } from '../../nodes/node.entity.js';
import {
  type ActionRequest,
  type DelegatedAction,
  type Target,
  TargetKinds,
} from '../../orchestration/targets/target-kinds.js';
import { RowTargets, type TargetRows } from '../../orchestration/targets/target-rows.js';
import { FUEL, NODE } from '../deployment/node-job.js';
import { batchOf } from './cluster-targets.js';
import { DeploymentsService } from './deployments.service.js';

/** Its cluster is where a node is, its roles are what it is called. */
const NODES: TargetRows = {
  kind: NODE,
  select: `select n.id as key, n.name as label, c.name as site, n.roles as tags, r.version, n.status as state
    from nodes n left join clusters c on c.id = n.cluster_id left join releases r on r.id = n.deployed_release_id`,
};

/** What may be asked of every node of a batch. */
class DeployParameters {
  @IfGiven()
  @IsArray()
  @ArrayMinSize(1)
  @ArrayMaxSize(100)
  @IsString({ each: true })
  @MaxLength(255, { each: true })
  tasks?: string[];
}

/** Fuel's nodes as the fleet sees them: deployed one by one, as an upgrade node by node does. */
@Injectable()
export class NodeTargets extends RowTargets {
  readonly dialect = FUEL;
  readonly actions: Readonly<Record<string, DelegatedAction>> = {
    deploy: {
      mode: 'delegated',
      summary: 'Deploy the node, or some of its release’s tasks on it',
      schema: {
        type: 'object',
        additionalProperties: false,
        properties: { tasks: { type: 'array', items: { type: 'string' }, description: 'All of them where not given' } },
      },
      parse: (request) => ({ ...readFields(DeployParameters, request) }),
      start: (tx, principal, target, request) => this.deploy(tx, principal, target, request),
    },
  };

  constructor(
    kinds: TargetKinds,
    private readonly deployments: DeploymentsService,
  ) {
    super(kinds, NODES);
  }

  private async deploy(
    tx: EntityManager,
    principal: Principal,
    target: Target,
    request: ActionRequest,
  ): Promise<string> {
    const id = Number(target.id);
    const node = await tx.findOne(Node, { where: { id }, select: { id: true, clusterId: true } });
    if (!node || node.clusterId === null) throw new Invalid(`The node ${target.label} is in no cluster.`);
    const { tasks } = request as DeployParameters;
    const wish = { nodeIds: [id], taskNames: tasks ?? null };
    return batchOf(await this.deployments.deployWithin(tx, principal, node.clusterId, wish));
  }
}
