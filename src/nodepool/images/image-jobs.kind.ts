import { Injectable, type OnModuleInit } from '@nestjs/common';
import { DataSource, type EntityManager } from 'typeorm';
import { JobKinds } from '../../orchestration/job-kinds.js';
import type { Job } from '../../orchestration/job.entity.js';
import type { EndedJob, StepHandler } from '../../orchestration/step-handler.js';
import type { ProviderImageConfig } from '../config/nodepool-config.js';
import { NodepoolConfigStore } from '../config/nodepool-config.store.js';
import { DibImage } from '../dib-image.entity.js';
import { ProviderImage } from '../provider-image.entity.js';
import { backoffName, Backoffs } from '../providers/backoffs.service.js';
import type { ProviderAccess } from '../providers/provider-access.js';
import { ProvidersService } from '../providers/providers.service.js';
import { removalStep, type Removal, type RemovalSubject } from '../providers/removal-step.js';
import { scriptStep, type ScriptSubject } from '../providers/script-step.js';
import { bootStep, createStep, reachStep } from '../providers/server-steps.js';
import type { ServerSubject, ServerWork } from '../providers/server-work.js';
import { tagsOf } from '../providers/tags.js';
import { POOL_STATES } from '../states.js';
import { problemOf } from '../jobs/job-problem.js';
import { PoolAudit } from '../jobs/pool-audit.service.js';
import { ImageRecords } from './image-records.service.js';
import {
  type BuildProgress,
  builtStep,
  clearStep,
  type ImageSubject,
  type ImageWork,
  settleStep,
  snapshotStep,
  uploadStep,
} from './image-steps.js';
import { IMAGE_KIND, ImageWishes } from './image-wishes.service.js';

type Subject = ImageSubject & ServerSubject & RemovalSubject & ScriptSubject;

const STEPS: Readonly<Record<string, StepHandler<Subject>>> = {
  built: builtStep,
  upload: uploadStep,
  create: createStep,
  boot: bootStep,
  reach: reachStep,
  setup: scriptStep,
  snapshot: snapshotStep,
  settle: settleStep,
  clear: clearStep,
  remove: removalStep,
};

const SYSTEM = { id: null, name: 'nodepool' };

/** Uploads, snapshots and deletions of providers' images. */
@Injectable()
export class ImageJobKind implements OnModuleInit {
  constructor(
    private readonly dataSource: DataSource,
    private readonly kinds: JobKinds,
    private readonly config: NodepoolConfigStore,
    private readonly providers: ProvidersService,
    private readonly records: ImageRecords,
    private readonly wishes: ImageWishes,
    private readonly backoffs: Backoffs,
    private readonly audit: PoolAudit,
  ) {}

  onModuleInit(): void {
    this.kinds.register<Subject>(IMAGE_KIND, {
      steps: STEPS,
      load: (job) => this.load(job),
      onFinished: (tx, job) => this.finished(tx, job),
    });
  }

  private async load(job: Readonly<Job>): Promise<Subject> {
    const id = Number(job.targetId);
    const row = await this.records.find(id);
    const provider = row && this.providers.find(row.providerName);
    const image = provider?.config.images.find(({ name }) => name === row?.imageName) ?? null;
    const isWanted = row?.state === POOL_STATES.building;
    return {
      image:
        row && provider && isWanted ? this.imageWork(row, provider) : { refused: refusalOf(row, provider, isWanted) },
      work:
        row && provider && image && isWanted
          ? this.templateWork(row, provider, image)
          : { refused: refusalOf(row, provider, isWanted) },
      build: await this.buildOf(row, provider),
      script: image && provider ? this.script(provider, image, row?.hostname ?? image.name) : null,
      removal: row && removalOf(row, provider),
      hasProblem: (problem) => this.records.hasProblem(id, problem),
    };
  }

  private imageWork(row: ProviderImage, provider: ProviderAccess): ImageWork {
    return {
      provider,
      name: row.hostname ?? row.imageName,
      tags: tagsOf({ provider: row.providerName, kind: 'image', id: row.id }),
      started: () => this.records.started(row.id),
      hasImage: (externalId) => this.records.hasImage(row.id, externalId),
    };
  }

  private templateWork(row: ProviderImage, provider: ProviderAccess, image: ProviderImageConfig): ServerWork {
    const { config } = provider;
    return {
      provider,
      wish: {
        name: row.hostname ?? row.imageName,
        tags: { ...image.meta, ...tagsOf({ provider: row.providerName, kind: 'template', id: row.id }) },
        image: image.baseImage,
        minRam: image.minRam,
        nameFilter: image.nameFilter,
        az: config.availabilityZones[0] ?? null,
        keypair: config.keypair,
        networks: config.networks,
        pool: config.pool,
        configDrive: image.configDrive,
        host: null,
      },
      reachability: { port: null, hostKey: null },
      hasServer: async (externalId) => {
        await this.records.started(row.id);
        await this.records.hasServer(row.id, externalId);
      },
      hasAddress: () => this.records.isBuilding(row.id),
    };
  }

  private script(provider: ProviderAccess, image: ProviderImageConfig, hostname: string): ScriptSubject['script'] {
    const { username, privateKey } = image;
    return {
      isFake: provider.config.driver === 'fake',
      username,
      privateKey,
      folder: this.config.current()?.scriptDir ?? null,
      hostname,
      environment: { NODEPOOL_HOSTNAME: hostname, NODEPOOL_IMAGE: image.name },
    };
  }

  private async buildOf(row: ProviderImage | null, provider: ProviderAccess | null): Promise<BuildProgress> {
    if (row === null || row.dibImageId === null) return { state: 'gone', problem: 'There is no build to upload' };
    const build = await this.dataSource.manager.findOneBy(DibImage, { id: row.dibImageId });
    if (build?.state === POOL_STATES.building) return { state: 'building' };
    if (build?.state === POOL_STATES.ready && provider) {
      const format = provider.config.imageType;
      return { state: 'ready', file: `${build.filename}.${format}`, format };
    }
    const [failure] = await this.dataSource.query<{ error: string | null }[]>(
      'select error from dib_builds where dib_image_id = $1',
      [row.dibImageId],
    );
    return { state: 'gone', problem: `The build is gone${failure?.error ? `: ${failure.error}` : ''}` };
  }

  private async finished(tx: EntityManager, job: EndedJob): Promise<void> {
    const id = Number(job.targetId);
    if (job.input['act'] === 'delete') {
      if (job.status === 'succeeded') await this.records.remove(tx, id);
      return;
    }
    const row = await tx.findOne(ProviderImage, { where: { id }, lock: { mode: 'pessimistic_write' } });
    if (!row || job.status === 'cancelled') return;
    const backoff = backoffName.image(row.providerName, row.imageName);
    if (job.status === 'succeeded') {
      await this.records.made(tx, id);
      return this.backoffs.succeeded(tx, backoff);
    }
    const problem = problemOf(job);
    if (!(await this.records.failed(tx, id, problem))) return;
    await this.backoffs.failed(tx, backoff, problem);
    await this.wishes.submitDeletion(tx, row, SYSTEM);
    await this.audit.deleted(tx, IMAGE_KIND, [id], problem);
  }
}

function refusalOf(row: ProviderImage | null, provider: ProviderAccess | null, isWanted: boolean): string {
  if (row === null || !isWanted) return 'The image is not wanted any more';
  return provider === null
    ? `The config names no provider ${row.providerName}`
    : `The config names no image ${row.imageName}`;
}

function removalOf(row: ProviderImage, provider: ProviderAccess | null): Removal | { problem: string } {
  if (!provider) return { problem: `The config names no provider ${row.providerName}` };
  const owner = { provider: row.providerName, id: row.id } as const;
  return {
    provider,
    serverId: row.serverExternalId,
    serverTags: row.dibImageId === null ? tagsOf({ ...owner, kind: 'template' }) : null,
    imageId: row.externalId,
    imageTags: tagsOf({ ...owner, kind: 'image' }),
  };
}
