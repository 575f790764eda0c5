import { Injectable, type OnModuleInit } from '@nestjs/common';
import { InjectDataSource } from '@nestjs/typeorm';
import { DataSource, type EntityManager } from 'typeorm';
import { AuditService } from '../../auth/audit/audit.service.js';
import { SYSTEM_PRINCIPAL } from '../../auth/principal.js';
import { ActionError } from '../../common/errors.js';
import {
  type LeasedServer,
  type LeaseWish,
  ServerLeaseRegistry,
  ServerLeases,
  type ServerLogin,
} from '../../drivers/pool/server-leases.js';
import { NodepoolConfigStore } from '../config/nodepool-config.store.js';
import { NodeWishes } from '../nodes/node-wishes.service.js';
import { PoolNode } from '../pool-node.entity.js';
import { POOL_STATES } from '../states.js';
import { transition } from '../transition.js';
import { PoolLease } from './pool-lease.entity.js';

const SSH_PORT = 22;
/** One wish of a holder at a time: two tries of a step must not both take servers. */
const LOCK = 'pool-lease';

/** Lends ready nodes: a lent one is used, one that is given back is deleted (spec nodepool section 2.2). */
@Injectable()
export class NodeLeases extends ServerLeases implements OnModuleInit {
  constructor(
    @InjectDataSource() private readonly dataSource: DataSource,
    private readonly registry: ServerLeaseRegistry,
    private readonly config: NodepoolConfigStore,
    private readonly wishes: NodeWishes,
    private readonly audit: AuditService,
  ) {
    super();
  }

  onModuleInit(): void {
    this.registry.register(this);
  }

  async lease(wish: LeaseWish): Promise<readonly LeasedServer[] | null> {
    this.assertLabel(wish.label);
    return this.dataSource.transaction(async (tx) => {
      await tx.query('select pg_advisory_xact_lock(hashtext($1), hashtext($2))', [LOCK, `${wish.holder} ${wish.key}`]);
      const had = await leasedNodes(tx, wish.holder, wish.key);
      if (had.length > 0) return had.map(serverOf);
      const free = await readyNodes(tx, wish);
      if (free.length < wish.count) return null;
      for (const node of free) await this.take(tx, node, wish);
      return free.map(serverOf);
    });
  }

  release(holder: string, ids: readonly string[] | null, by: string): Promise<readonly string[]> {
    return this.dataSource.transaction(async (tx) => {
      const nodes = await tx
        .createQueryBuilder(PoolNode, 'node')
        .innerJoin(PoolLease, 'lease', 'lease.node_id = node.id and lease.holder = :holder', { holder })
        .where(ids === null ? 'true' : 'node.id::text = any(:ids)', { ids })
        .orderBy('node.id')
        .setLock('pessimistic_write', undefined, ['node'])
        .getMany();
      for (const node of nodes) await this.giveBack(tx, node, holder, by);
      return nodes.map(({ id }) => String(id));
    });
  }

  async login(holder: string, id: string): Promise<ServerLogin | null> {
    const node = (await leasedNodes(this.dataSource.manager, holder, null)).find((found) => String(found.id) === id);
    if (!node || node.ip === null) return null;
    const config = this.config.current();
    const provider = config?.providers.find(({ name }) => name === node.providerName);
    const label = config?.labels.find(({ name }) => name === node.labelName);
    const image = provider?.images.find(({ name }) => name === label?.image);
    const host = provider?.nodes.find(({ name }) => name === node.staticHost);
    return {
      address: node.ip,
      port: node.connectionPort ?? host?.connectionPort ?? SSH_PORT,
      username: host?.username ?? image?.username ?? 'root',
      privateKeyFile: image?.privateKey ?? null,
      hostKey: host?.hostKey ?? null,
    };
  }

  private assertLabel(label: string): void {
    const config = this.config.current();
    const isStatic = config?.providers.some(({ nodes }) => nodes.some(({ labels }) => labels[0] === label));
    if (isStatic || config?.labels.some(({ name }) => name === label)) return;
    throw new ActionError(`The pool has no label ${label}`, { code: 'no_such_label', retryable: false });
  }

  private async take(tx: EntityManager, node: PoolNode, wish: LeaseWish): Promise<void> {
    // The row is locked and was seen ready in this transaction.
    if (!(await transition(tx, PoolNode, node.id, { to: 'used', from: ['ready'] }))) {
      throw new ActionError(`The node ${node.id} is not ready any more`, { code: 'lost_race', retryable: true });
    }
    await tx.insert(PoolLease, { nodeId: node.id, holder: wish.holder, key: wish.key });
    await this.record(tx, 'lease', node, { state: 'used', holder: wish.holder, by: wish.by });
  }

  /** One that somebody holds to look at it stays: it is only not lent any more. */
  private async giveBack(tx: EntityManager, node: PoolNode, holder: string, by: string): Promise<void> {
    await tx.delete(PoolLease, { nodeId: node.id, holder });
    if (node.state !== POOL_STATES.used) return;
    await this.wishes.delete(tx, node.id, { id: null, name: by });
    await this.record(tx, 'give-back', node, { state: 'delete', holder, by });
  }

  private record(tx: EntityManager, action: string, node: PoolNode, after: Record<string, unknown>): Promise<void> {
    return this.audit.record(tx, SYSTEM_PRINCIPAL, {
      action,
      objectType: 'pool-node',
      objectId: node.id,
      objectRepr: node.hostname ?? `${node.labelName} on ${node.providerName}`,
      after,
    });
  }
}

/** The oldest first; those that another wish is just taking are passed over. */
function readyNodes(tx: EntityManager, { label, count }: LeaseWish): Promise<PoolNode[]> {
  return tx
    .createQueryBuilder(PoolNode, 'node')
    .where('node.state = :ready and node.label_name = :label and node.ip is not null', {
      ready: POOL_STATES.ready,
      label,
    })
    .orderBy('node.id')
    .limit(count)
    .setLock('pessimistic_write')
    .setOnLocked('skip_locked')
    .getMany();
}

/** `key` null: of all wishes. */
function leasedNodes(tx: EntityManager, holder: string, key: string | null): Promise<PoolNode[]> {
  return tx
    .createQueryBuilder(PoolNode, 'node')
    .innerJoin(PoolLease, 'lease', 'lease.node_id = node.id and lease.holder = :holder', { holder })
    .where(key === null ? 'true' : 'lease.key = :key', { key })
    .orderBy('node.id')
    .getMany();
}

function serverOf(node: PoolNode): LeasedServer {
  return {
    id: String(node.id),
    label: node.labelName,
    hostname: node.hostname ?? `node-${node.id}`,
    address: node.ip ?? '',
  };
}
