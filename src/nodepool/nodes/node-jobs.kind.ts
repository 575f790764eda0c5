import { Injectable, type OnModuleInit } from '@nestjs/common';
import { DataSource, type EntityManager } from 'typeorm';
import { JobKinds } from '../../orchestration/job-kinds.js';
import type { Job } from '../../orchestration/job.entity.js';
import type { EndedJob, StepHandler } from '../../orchestration/step-handler.js';
import { NodepoolConfigStore } from '../config/nodepool-config.store.js';
import { PoolNode } from '../pool-node.entity.js';
import { backoffName, Backoffs } from '../providers/backoffs.service.js';
import type { ProviderAccess } from '../providers/provider-access.js';
import { ProvidersService } from '../providers/providers.service.js';
import { removalStep, type Removal, type RemovalSubject } from '../providers/removal-step.js';
import { scriptStep, type ScriptSubject } from '../providers/script-step.js';
import { bootStep, createStep, reachStep } from '../providers/server-steps.js';
import type { ServerSubject, ServerWork } from '../providers/server-work.js';
import { tagsOf } from '../providers/tags.js';
import { problemOf } from '../jobs/job-problem.js';
import { PoolAudit } from '../jobs/pool-audit.service.js';
import { NodeRecords } from './node-records.service.js';
import { NODE_KIND, NodeWishes } from './node-wishes.service.js';

type NodeSubject = ServerSubject & RemovalSubject & ScriptSubject;

const STEPS: Readonly<Record<string, StepHandler<NodeSubject>>> = {
  create: createStep,
  boot: bootStep,
  reach: reachStep,
  prepare: scriptStep,
  remove: removalStep,
};

const SYSTEM = { id: null, name: 'nodepool' };

/** Launches and deletes nodes: hands the steps down to the orchestration and records what became of the node. */
@Injectable()
export class NodeJobKind implements OnModuleInit {
  constructor(
    private readonly dataSource: DataSource,
    private readonly kinds: JobKinds,
    private readonly config: NodepoolConfigStore,
    private readonly providers: ProvidersService,
    private readonly records: NodeRecords,
    private readonly wishes: NodeWishes,
    private readonly backoffs: Backoffs,
    private readonly audit: PoolAudit,
  ) {}

  onModuleInit(): void {
    this.kinds.register<NodeSubject>(NODE_KIND, {
      steps: STEPS,
      load: (job) => this.load(job),
      onFinished: (tx, job) => this.finished(tx, job),
    });
  }

  private async load(job: Readonly<Job>): Promise<NodeSubject> {
    const id = Number(job.targetId);
    const node = await this.records.find(id);
    const provider = node && this.providers.find(node.providerName);
    const isLaunch = job.input['act'] === 'launch';
    return {
      work: node && isLaunch ? await this.work(node, provider) : { refused: 'The node is gone' },
      removal: node && removalOf(node, provider),
      script: node && isLaunch ? this.script(node, provider) : null,
      hasProblem: (problem) => this.records.hasProblem(id, problem),
    };
  }

  private async work(node: PoolNode, provider: ProviderAccess | null): Promise<ServerWork | { refused: string }> {
    if (!provider) return { refused: `The config names no provider ${node.providerName}` };
    if (node.state !== 1 && node.state !== 5) return { refused: 'The node is not wanted any more' };
    const host = provider.config.nodes.find(({ name }) => name === node.staticHost) ?? null;
    if (node.staticHost !== null && !host) return { refused: `The config names no host ${node.staticHost}` };
    const image = this.imageOf(node, provider);
    const stored = await this.storedImage(node);
    if (node.staticHost === null && stored === null) return { refused: 'The image it was to start from is gone' };
    return {
      provider,
      wish: {
        name: node.hostname ?? `node-${node.id}`,
        tags: { ...image?.meta, ...tagsOf({ provider: node.providerName, kind: 'node', id: node.id }) },
        image: stored,
        minRam: image?.minRam ?? 0,
        nameFilter: image?.nameFilter ?? null,
        az: node.az,
        keypair: provider.config.keypair,
        networks: provider.config.networks,
        pool: provider.config.pool,
        configDrive: image?.configDrive ?? false,
        host: node.staticHost,
      },
      reachability: { port: host?.connectionPort ?? null, hostKey: host?.hostKey ?? null },
      hasServer: (externalId) => this.records.hasServer(node.id, externalId, node.az),
      hasAddress: (server) => this.records.hasAddress(node.id, server),
    };
  }

  private imageOf(node: PoolNode, provider: ProviderAccess) {
    const label = this.config.current()?.labels.find(({ name }) => name === node.labelName);
    return provider.config.images.find(({ name }) => name === label?.image) ?? null;
  }

  private async storedImage(node: PoolNode): Promise<string | null> {
    if (node.imageId === null) return null;
    const [row] = await this.dataSource.query<{ externalId: string | null }[]>(
      'select external_id as "externalId" from provider_images where id = $1 and state = 2',
      [node.imageId],
    );
    return row?.externalId ?? null;
  }

  private script(node: PoolNode, provider: ProviderAccess | null): ScriptSubject['script'] {
    const image = provider && this.imageOf(node, provider);
    if (!image) return null;
    const { username, privateKey } = image;
    const folder = this.config.current()?.scriptDir ?? null;
    const hostname = node.hostname ?? `node-${node.id}`;
    const environment = { NODEPOOL_HOSTNAME: hostname, NODEPOOL_LABEL: node.labelName };
    return { isFake: provider.config.driver === 'fake', username, privateKey, folder, hostname, environment };
  }

  private async finished(tx: EntityManager, job: EndedJob): Promise<void> {
    const id = Number(job.targetId);
    if (job.input['act'] === 'delete') {
      if (job.status === 'succeeded') await this.records.remove(tx, id);
      return;
    }
    const node = await tx.findOne(PoolNode, { where: { id }, lock: { mode: 'pessimistic_write' } });
    if (!node || job.status === 'cancelled') return;
    const backoff =
      node.staticHost === null
        ? backoffName.launch(node.providerName, node.labelName)
        : backoffName.host(node.providerName, node.staticHost);
    if (job.status === 'succeeded') {
      await this.records.launched(tx, id);
      return this.backoffs.succeeded(tx, backoff);
    }
    const problem = problemOf(job);
    const isWanted = await this.records.launchFailed(tx, id, problem);
    if (!isWanted) return;
    await this.backoffs.failed(tx, backoff, problem);
    await this.wishes.submitDeletion(tx, node, SYSTEM);
    await this.audit.deleted(tx, NODE_KIND, [id], problem);
  }
}

function removalOf(node: PoolNode, provider: ProviderAccess | null): Removal | { problem: string } {
  if (!provider) return { problem: `The config names no provider ${node.providerName}` };
  return {
    provider,
    serverId: node.externalId,
    serverTags: tagsOf({ provider: node.providerName, kind: 'node', id: node.id }),
    imageId: null,
    imageTags: null,
  };
}
