import { Injectable } from '@nestjs/common';
import { InjectDataSource } from '@nestjs/typeorm';
import { DataSource, type EntityManager, type QueryDeepPartialEntity } from 'typeorm';
import { AuditService } from '../auth/audit/audit.service.js';
import type { Principal } from '../auth/principal.js';
import { Invalid, NotFound } from '../common/errors.js';
import { NotificationsService } from '../fuel/notifications/notifications.service.js';
import { believed, type AgentReport } from './agent-report.js';
import { nodeChanges, type NodeWish } from './node-change.js';
import { Node } from './node.entity.js';
import { workedOnIds } from './node-rows.js';

/** What agents on the nodes tell of them, every minute or so (spec fuel section 3.10). */
@Injectable()
export class AgentReportsService {
  constructor(
    @InjectDataSource() private readonly dataSource: DataSource,
    private readonly audit: AuditService,
    private readonly notifications: NotificationsService,
  ) {}

  /**
   * Marks the node online, and takes over what is new unless the report is the same as the last. In one statement: of a row
   * that its own transaction wrote before, PostgreSQL checks all foreign keys anew, and the lock that takes on the cluster
   * comes in the wrong order for whoever starts a deployment.
   */
  take(principal: Principal, report: AgentReport): Promise<{ id: number; cached?: true }> {
    return this.dataSource.transaction(async (tx) => {
      const node = await lockReporting(tx, report);
      const checksum = report.wish.agentChecksum ?? null;
      const isKnown = checksum !== null && checksum === node.agentChecksum;
      const change = isKnown ? {} : await this.changeOf(tx, principal, node, report);
      const seen = { online: true, reportedAt: () => 'now()' };
      await tx.update(Node, node.id, { ...change, ...seen } as QueryDeepPartialEntity<Node>);
      if (!node.online) await this.announceReturn(tx, principal, node);
      if (Object.keys(change).length > 0) {
        const before = Object.fromEntries(Object.keys(change).map((name) => [name, node[name as keyof Node]]));
        await this.record(tx, principal, 'report', node, { before, after: change });
      }
      return isKnown ? { id: node.id, cached: true } : { id: node.id };
    });
  }

  private async changeOf(tx: EntityManager, principal: Principal, node: Node, report: AgentReport): Promise<NodeWish> {
    const isWorkedOn = (await workedOnIds(tx, [node.id])).has(node.id);
    const isTrusted = principal.source !== 'public';
    return nodeChanges(node, believed(node, report, { isWorkedOn, isTrusted }), isWorkedOn);
  }

  private async announceReturn(tx: EntityManager, principal: Principal, node: Node): Promise<void> {
    const message = `Node '${node.name}' is back online`;
    await this.notifications.notify(tx, { topic: 'discover', message, nodeId: node.id, clusterId: node.clusterId });
    await this.record(tx, principal, 'online', node, { before: { online: false }, after: { online: true } });
  }

  private record(
    tx: EntityManager,
    principal: Principal,
    action: string,
    { id, name }: Node,
    sides: { before: object; after: object },
  ): Promise<void> {
    return this.audit.record(tx, principal, { action, objectType: 'node', objectId: id, objectRepr: name, ...sides });
  }
}

async function lockReporting(tx: EntityManager, { id, mac, interfaceMacs }: AgentReport): Promise<Node> {
  if (id !== undefined) {
    const node = await lockOne(tx, 'node.id = :id', { id });
    if (node === null) throw new Invalid('Invalid ID specified');
    if (mac !== undefined && node.mac !== mac) throw new Invalid('Invalid MAC is specified');
    return node;
  }
  const node = await lockOne(tx, 'node.mac = :mac', { mac });
  if (node !== null) return node;
  // The node is known by another of its interfaces: Nailgun then finds nothing, either.
  const isKnown = await tx.query<unknown[]>('select id from nodes where mac = any($1::text[]) limit 1', [
    interfaceMacs,
  ]);
  if (isKnown.length > 0) throw new NotFound('Node not found');
  throw new Invalid('Invalid MAC is specified');
}

function lockOne(tx: EntityManager, where: string, parameters: object): Promise<Node | null> {
  return tx.createQueryBuilder(Node, 'node').where(where, parameters).setLock('pessimistic_write').getOne();
}
