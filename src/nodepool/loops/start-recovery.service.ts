import { hostname } from 'node:os';
import { Injectable, Logger } from '@nestjs/common';
import { DataSource } from 'typeorm';
import { Config } from '../../config/config.js';
import { NODE_KIND, NodeWishes } from '../nodes/node-wishes.service.js';
import { PoolAudit } from '../jobs/pool-audit.service.js';
import { POOL_LOOPS } from './pool-tick.js';

interface OtherWorker {
  readonly hostname: string;
  readonly pid: number;
}

/**
 * When the first process starts, nobody is launching the nodes that are being built: they go (spec nodepool section 2.5).
 * Builds and uploads are gone on with by their jobs. Where another process lives, its launches are left alone.
 * Between the registration of the job kinds and the start of the worker: the jobs it stops have not been taken up yet.
 */
@Injectable()
export class StartRecovery {
  private readonly logger = new Logger(StartRecovery.name);

  constructor(
    private readonly dataSource: DataSource,
    private readonly config: Config,
    private readonly wishes: NodeWishes,
    private readonly audit: PoolAudit,
  ) {}

  async run(): Promise<void> {
    if (!this.config.isWorker) return;
    const others = await this.dataSource.query<OtherWorker[]>(
      `select hostname, pid from workers where heartbeat_at > now() - interval '15 seconds'`,
    );
    if (others.some(mayLive)) return;
    await this.dataSource.transaction(async (tx) => {
      const nodes = await tx.query<{ id: number }[]>(
        `select id from pool_nodes where state = 1 and static_host is null order by id for update`,
      );
      for (const { id } of nodes) await this.wishes.delete(tx, id, POOL_LOOPS);
      const ids = nodes.map(({ id }) => id);
      await this.audit.deleted(tx, NODE_KIND, ids, 'it was being launched when the last process ended');
      if (nodes.length > 0) this.logger.warn(`${nodes.length} nodes were being launched when the last process ended`);
    });
  }
}

/** A process of this machine can be asked for; what another one's heartbeat says has to be believed. */
function mayLive(worker: OtherWorker): boolean {
  if (worker.hostname !== hostname()) return true;
  if (worker.pid === process.pid) return false;
  try {
    process.kill(worker.pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}
