import { Injectable } from '@nestjs/common';
import { InjectDataSource } from '@nestjs/typeorm';
import { DataSource, In } from 'typeorm';
import { AuditService } from '../auth/audit/audit.service.js';
import type { Principal } from '../auth/principal.js';
import { Invalid } from '../common/errors.js';
import { Node } from '../nodes/node.entity.js';
import { Release } from '../releases/release.entity.js';
import { assertRoles } from './assignment-rules.js';
import { changeNodes, lockCluster } from './locked-rows.js';
import { join, leave, lockFreeNodes, lockNamed } from './membership.js';

export interface Assignment {
  readonly nodeId: number;
  readonly roles: readonly string[];
}

/** Which nodes a cluster will have, and as what, once its changes are deployed (spec fuel section 3.7). */
@Injectable()
export class AssignmentService {
  constructor(
    @InjectDataSource() private readonly dataSource: DataSource,
    private readonly audit: AuditService,
  ) {}

  assign(principal: Principal, clusterId: number, assignments: readonly Assignment[]): Promise<void> {
    return this.dataSource.transaction(async (tx) => {
      const cluster = await lockCluster(tx, clusterId);
      const release = await tx.findOneByOrFail(Release, { id: cluster.releaseId });
      const rolesOf = new Map(assignments.map(({ nodeId, roles }) => [nodeId, [...new Set(roles)]]));
      const nodes = await lockFreeNodes(tx, [...rolesOf.keys()]);
      for (const roles of rolesOf.values()) assertRoles(roles, release);
      await join(tx, cluster, nodes);
      await changeNodes(tx, nodes, ({ id }) => ({ pendingRoles: rolesOf.get(id) ?? [], pendingAddition: true }));
      await this.audit.recordMany(
        tx,
        principal,
        nodes.map(({ id, name }) => ({
          action: 'assign',
          objectType: 'node',
          objectId: id,
          objectRepr: name,
          after: { cluster: clusterId, roles: rolesOf.get(id) },
        })),
      );
    });
  }

  /** What was never deployed leaves at once; the rest goes with the next deployment of changes. */
  unassign(principal: Principal, clusterId: number, nodeIds: readonly number[]): Promise<void> {
    return this.dataSource.transaction(async (tx) => {
      const cluster = await lockCluster(tx, clusterId);
      const nodes = await lockNamed(tx, nodeIds);
      const strangers = nodes.filter((node) => node.clusterId !== clusterId).map(({ id }) => id);
      if (strangers.length > 0) {
        throw new Invalid(`Nodes [${strangers.join(', ')}] are not members of environment ${clusterId}.`);
      }
      const bare = nodes.filter(({ status }) => status === 'discover');
      const deployed = nodes.filter(({ status }) => status !== 'discover').map(({ id }) => id);
      await leave(tx, cluster, bare);
      await tx.update(Node, { id: In(deployed) }, { pendingDeletion: true });
      await this.audit.recordMany(
        tx,
        principal,
        nodes.map(({ id, name, status }) => ({
          action: 'unassign',
          objectType: 'node',
          objectId: id,
          objectRepr: name,
          before: { cluster: clusterId },
          after: status === 'discover' ? { cluster: null } : { pendingDeletion: true },
        })),
      );
    });
  }
}
