import { Injectable } from '@nestjs/common';
import { DataSource, type EntityManager } from 'typeorm';
import type { PoolServer } from '../../drivers/pool/pool-provider.js';
import { PoolNode } from '../pool-node.entity.js';
import { POOL_STATES } from '../states.js';
import { transition } from '../transition.js';

/** What is written of a node while it is launched and deleted. Each is one conditional update. */
@Injectable()
export class NodeRecords {
  constructor(private readonly dataSource: DataSource) {}

  find(id: number): Promise<PoolNode | null> {
    return this.dataSource.manager.findOneBy(PoolNode, { id });
  }

  /** Whatever the node's state has become: the deletion must know the server (spec nodepool section 2.6). */
  async hasServer(id: number, externalId: string, az: string | null): Promise<void> {
    await this.dataSource.query('update pool_nodes set external_id = $2, az = coalesce($3, az) where id = $1', [
      id,
      externalId,
      az,
    ]);
  }

  /** False: it is not being launched any more. */
  async hasAddress(id: number, server: PoolServer): Promise<boolean> {
    const rows = await this.dataSource.query<unknown[]>(
      `with changed as (
         update pool_nodes set ip = $2, ip_private = $3, connection_port = $4, az = coalesce($5, az)
         where id = $1 and launched_at is null and state in (${POOL_STATES.building}, ${POOL_STATES.hold}) returning id)
       select id from changed`,
      [id, server.ip, server.privateIp, server.port, server.az],
    );
    return rows.length > 0;
  }

  async hasProblem(id: number, problem: string): Promise<void> {
    await this.dataSource.query('update pool_nodes set last_error = $2, tries = tries + 1 where id = $1', [
      id,
      problem,
    ]);
  }

  /** Ready, unless somebody holds it: a hold on a building node sticks (spec section 1.6). */
  async launched(tx: EntityManager, id: number): Promise<boolean> {
    const rows = await tx.query<unknown[]>(
      `with changed as (
         update pool_nodes set launched_at = now(), last_error = null
         where id = $1 and state in (${POOL_STATES.building}, ${POOL_STATES.hold}) returning id)
       select id from changed`,
      [id],
    );
    if (rows.length === 0) return false;
    await transition(tx, PoolNode, id, { to: 'ready', from: ['building'] });
    return true;
  }

  /** The launch came to nothing. A held node stays: whoever holds it may want to know why. True: it is to be deleted. */
  async launchFailed(tx: EntityManager, id: number, problem: string): Promise<boolean> {
    await tx.query('update pool_nodes set last_error = $2, tries = tries + 1 where id = $1', [id, problem]);
    return transition(tx, PoolNode, id, { to: 'delete', from: ['building'] });
  }

  /** The provider has confirmed that its server is gone. */
  async remove(tx: EntityManager, id: number): Promise<void> {
    await tx.query(`delete from pool_nodes where id = $1 and state = ${POOL_STATES.delete}`, [id]);
  }
}
