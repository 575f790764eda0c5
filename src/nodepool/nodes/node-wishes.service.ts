import { Injectable } from '@nestjs/common';
import type { EntityManager } from 'typeorm';
import type { LabelConfig, ProviderConfig } from '../config/nodepool-config.js';
import type { Asker } from '../nodepool-work.js';
import { PoolNode } from '../pool-node.entity.js';
import { transition } from '../transition.js';
import { PoolJobs } from '../jobs/pool-jobs.service.js';
import { deleteSteps, launchSteps } from '../jobs/pool-steps.js';

export const NODE_KIND = 'nodepool.node';

/** A node as it is to be launched; its row is written first. */
export interface LaunchWish {
  readonly provider: ProviderConfig;
  /** Null for a static host, which only gets registered. */
  readonly label: LabelConfig | null;
  readonly labelName: string;
  readonly target: { readonly name: string; readonly hostname: string };
  readonly imageId: number | null;
  readonly az: string | null;
  readonly staticHost: string | null;
}

/** Records that a node shall be launched or deleted, with the job that does it. */
@Injectable()
export class NodeWishes {
  constructor(private readonly jobs: PoolJobs) {}

  async launch(tx: EntityManager, wish: LaunchWish, by: Asker): Promise<number> {
    const id = await nextId(tx);
    const hostname = wish.staticHost ?? hostnameOf(wish, id);
    const nodename = hostname.split('.', 1)[0]!;
    await tx.insert(PoolNode, {
      id,
      providerName: wish.provider.name,
      labelName: wish.labelName,
      targetName: wish.target.name,
      hostname,
      nodename,
      az: wish.az,
      imageId: wish.imageId,
      staticHost: wish.staticHost,
      state: 1,
    });
    const steps = launchSteps(wish.provider, wish.label);
    await this.jobs.submit(tx, { kind: NODE_KIND, act: 'launch', id, label: nodename, steps, by });
    return id;
  }

  /** From any state; a node that is being deleted already is only made sure of. */
  async delete(tx: EntityManager, id: number, by: Asker): Promise<void> {
    await transition(tx, PoolNode, id, { to: 'delete', set: { nextTryAt: null } });
    const node = await tx.findOne(PoolNode, { where: { id }, lock: { mode: 'pessimistic_write' } });
    if (node) await this.submitDeletion(tx, node, by);
  }

  async submitDeletion(tx: EntityManager, node: Pick<PoolNode, 'id' | 'nodename'>, by: Asker): Promise<void> {
    const { id, nodename } = node;
    const wish = { kind: NODE_KIND, act: 'delete', id, label: nodename ?? `node ${id}`, by } as const;
    await this.jobs.replaceByDeletion(tx, { ...wish, steps: deleteSteps('server') });
  }
}

async function nextId(tx: EntityManager): Promise<number> {
  const [row] = await tx.query<{ id: number }[]>(
    `select nextval(pg_get_serial_sequence('pool_nodes', 'id'))::integer as id`,
  );
  return row!.id;
}

function hostnameOf({ target, labelName, provider }: LaunchWish, id: number): string {
  const words: Readonly<Record<string, string>> = {
    '{label.name}': labelName,
    '{provider.name}': provider.name,
    '{node_id}': String(id),
    '{timestamp}': String(Math.floor(Date.now() / 1000)),
  };
  return target.hostname.replace(/\{[\w.]+\}/g, (word) => words[word] ?? word);
}
