import { Injectable, type OnModuleInit } from '@nestjs/common';
import type { EntityManager } from 'typeorm';
import type { ImageBuild } from '../../drivers/image-builder/build-command.js';
import { ImageBuilder } from '../../drivers/image-builder/image-builder.js';
import { JobKinds } from '../../orchestration/job-kinds.js';
import type { Job } from '../../orchestration/job.entity.js';
import type { EndedJob, StepHandler } from '../../orchestration/step-handler.js';
import { NodepoolConfigStore } from '../config/nodepool-config.store.js';
import { DibImage } from '../dib-image.entity.js';
import { backoffName, Backoffs } from '../providers/backoffs.service.js';
import { POOL_STATES } from '../states.js';
import { problemOf } from '../jobs/job-problem.js';
import { PoolAudit } from '../jobs/pool-audit.service.js';
import { type BuildEnd, DibRecords } from './dib-records.service.js';
import { buildStep, type DibSubject, removeFilesStep } from './dib-steps.js';
import { DIB_KIND, DibWishes } from './dib-wishes.service.js';

const STEPS: Readonly<Record<string, StepHandler<DibSubject>>> = { build: buildStep, remove: removeFilesStep };

const SYSTEM = { id: null, name: 'nodepool' };

/** Builds and deletes disk images. */
@Injectable()
export class DibJobKind implements OnModuleInit {
  constructor(
    private readonly kinds: JobKinds,
    private readonly config: NodepoolConfigStore,
    private readonly builder: ImageBuilder,
    private readonly records: DibRecords,
    private readonly wishes: DibWishes,
    private readonly backoffs: Backoffs,
    private readonly audit: PoolAudit,
  ) {}

  onModuleInit(): void {
    this.kinds.register<DibSubject>(DIB_KIND, {
      steps: STEPS,
      load: (job) => this.load(job),
      onFinished: (tx, job) => this.finished(tx, job),
    });
  }

  private async load(job: Readonly<Job>): Promise<DibSubject> {
    const id = Number(job.targetId);
    const row = await this.records.find(id);
    return {
      builder: this.builder,
      build: this.buildOf(row),
      files: row && { id: row.id, filename: row.filename, formats: row.formats },
      started: (logPath, secrets) => this.records.started(id, logPath, secrets),
      hasProblem: (problem) => this.records.hasProblem(id, problem),
    };
  }

  private buildOf(row: DibImage | null): ImageBuild | { refused: string } {
    const config = this.config.current();
    const diskimage = config?.diskimages.find(({ name }) => name === row?.imageName);
    if (row?.state !== POOL_STATES.building) return { refused: 'It is not wanted any more' };
    if (!config || !diskimage) return { refused: `The config names no disk image ${row.imageName}` };
    const { elements, release, envVars, buildTimeoutS } = diskimage;
    const { id, imageName, filename, formats } = row;
    const { elementsDir, scriptDir } = config;
    return {
      id,
      imageName,
      filename,
      formats,
      elements,
      release,
      envVars,
      elementsDir,
      scriptDir,
      timeoutS: buildTimeoutS,
    };
  }

  private async finished(tx: EntityManager, job: EndedJob): Promise<void> {
    const id = Number(job.targetId);
    if (job.input['act'] === 'delete') {
      if (job.status !== 'succeeded') return;
      // A build that was deleted before it began has nobody else to say so.
      await this.records.ended(tx, id, { status: 'cancelled', exitCode: null, error: null, logTail: null });
      return this.records.remove(tx, id);
    }
    const row = await tx.findOne(DibImage, { where: { id }, lock: { mode: 'pessimistic_write' } });
    await this.records.ended(tx, id, endOf(job));
    if (!row || job.status === 'cancelled') return;
    const backoff = backoffName.dib(row.imageName);
    if (job.status === 'succeeded') {
      await this.records.built(tx, id);
      return this.backoffs.succeeded(tx, backoff);
    }
    const problem = problemOf(job);
    if (!(await this.records.failed(tx, id, problem))) return;
    await this.backoffs.failed(tx, backoff, problem);
    await this.wishes.submitDeletion(tx, row, SYSTEM);
    await this.audit.deleted(tx, DIB_KIND, [id], problem);
  }
}

function endOf(job: EndedJob): BuildEnd {
  const result = job.steps.find(({ kind }) => kind === 'build')?.result;
  const exitCode = result?.['exitCode'];
  const logTail = result?.['logTail'];
  return {
    status: job.status,
    exitCode: typeof exitCode === 'number' ? exitCode : null,
    error: job.status === 'failed' ? problemOf(job) : null,
    logTail: typeof logTail === 'string' ? logTail : null,
  };
}
