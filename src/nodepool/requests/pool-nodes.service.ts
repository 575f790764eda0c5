import { Injectable } from '@nestjs/common';
import { InjectDataSource } from '@nestjs/typeorm';
import { DataSource, type EntityManager } from 'typeorm';
import { AuditService } from '../../auth/audit/audit.service.js';
import type { Principal } from '../../auth/principal.js';
import { Conflict, Invalid, NotFound } from '../../common/errors.js';
import { NodepoolWork } from '../nodepool-work.js';
import { PoolNode } from '../pool-node.entity.js';
import { POOL_STATES, type PoolStateName, stateName } from '../states.js';
import { transition } from '../transition.js';

export interface HoldWish {
  /** Why; null: not said. */
  readonly reason: string | null;
  /** Seconds; 0: for ever; undefined: not said. */
  readonly ttlS: number | undefined;
}

/** What a caller does with nodes (spec nodepool sections 1.5, 1.6 and 2.2). Whatever takes time is the engine's. */
@Injectable()
export class PoolNodesService {
  constructor(
    @InjectDataSource() private readonly database: DataSource,
    private readonly audit: AuditService,
    private readonly work: NodepoolWork,
  ) {}

  list(): Promise<PoolNode[]> {
    return this.database.manager.find(PoolNode, { order: { providerName: 'ASC', labelName: 'ASC', id: 'ASC' } });
  }

  async get(id: number): Promise<PoolNode> {
    return present(await this.database.manager.findOneBy(PoolNode, { id }));
  }

  /** Also of a node that is still launched: its launch goes on and leaves it in hold. */
  async hold(id: number, wish: HoldWish, by: Principal): Promise<void> {
    await this.change(id, async (tx, node) => {
      if (node.state === POOL_STATES.delete) throw new Conflict('Node is being deleted');
      const set = {
        ...(wish.reason === null ? {} : { comment: wish.reason }),
        ...(wish.ttlS === undefined ? {} : { holdExpiresAt: endOf(wish.ttlS) }),
      };
      if (node.state !== POOL_STATES.hold) {
        await transition(tx, PoolNode, id, { to: 'hold', set: { ...set, holdBy: by.username } });
      } else if (Object.keys(set).length > 0) {
        // Its time in hold goes on: asking twice must not make a hold longer than `max-hold-age`.
        await tx.update(PoolNode, { id }, set);
      } else return;
      await this.record(tx, by, 'hold', node, { state: 'hold', ...wish });
    });
  }

  async release(id: number, by: Principal): Promise<void> {
    await this.change(id, async (tx, node) => {
      // One that was held while it was launched, and still is, becomes ready by its launch and not by a word.
      const to: PoolStateName = node.launchedAt === null ? 'building' : 'ready';
      const set = { comment: null, holdBy: null, holdExpiresAt: null };
      if (!(await transition(tx, PoolNode, id, { to, from: ['hold'], set }))) {
        throw new Invalid("State 'ready' can only be set on nodes in 'hold' state");
      }
      await this.record(tx, by, 'release', node, { state: to });
    });
  }

  /** Asking again is as good as asking once. */
  async delete(id: number, by: Principal): Promise<void> {
    await this.change(id, async (tx, node) => {
      await this.work.deleteNode(tx, id, { id: by.userId, name: by.username });
      if (node.state !== POOL_STATES.delete) await this.record(tx, by, 'delete', node, { state: 'delete' });
    });
  }

  /** The row is locked first, so that of two changes one sees what the other did. */
  private change(id: number, work: (tx: EntityManager, node: PoolNode) => Promise<void>): Promise<void> {
    return this.database.transaction(async (tx) => {
      await work(tx, present(await tx.findOne(PoolNode, { where: { id }, lock: { mode: 'pessimistic_write' } })));
    });
  }

  private record(tx: EntityManager, by: Principal, action: string, node: PoolNode, after: object): Promise<void> {
    return this.audit.record(tx, by, {
      action,
      objectType: 'pool-node',
      objectId: node.id,
      objectRepr: node.hostname ?? `${node.labelName} on ${node.providerName}`,
      before: { state: stateName(node.state) },
      after,
    });
  }
}

function present(node: PoolNode | null): PoolNode {
  if (!node) throw new NotFound('Node id not found');
  return node;
}

function endOf(ttlS: number): Date | null {
  return ttlS === 0 ? null : new Date(Date.now() + ttlS * 1000);
}
