import { Body, Get, Param, Post, Query } from '@nestjs/common';
import { CurrentPrincipal, OpenToPlanTokens } from '../../../auth/passport/access.decorators.js';
import type { Principal } from '../../../auth/principal.js';
import type { IdempotentRequest } from '../../../http/idempotency/idempotency.js';
import { Answers } from '../../api/answers.decorator.js';
import { FleetController } from '../../api/fleet-controller.decorator.js';
import { Idempotent } from '../../api/idempotent-request.js';
import { toPageView } from '../../api/page.dto.js';
import { uuidOf } from '../../api/path-ids.js';
import { noQuery, strictBody, strictQuery } from '../../api/strict.pipe.js';
import { JobPage, toJobView } from '../../jobs/api/job.view.js';
import { BatchJobsQuery, toBatchJobFilter } from '../../jobs/api/jobs.dto.js';
import { JobReads } from '../../jobs/job-reads.service.js';
import { BatchReads } from '../batch-reads.service.js';
import { BatchRequest } from '../batch-request.js';
import { FleetBatches } from '../fleet-batches.service.js';
import { BatchDetailView, BatchPage, toBatchDetailView, toBatchView, toWaveView, WaveListView } from './batch.view.js';
import { BatchesQuery, toBatchFilter } from './batches.dto.js';

/** Batches of every dialect: what there is, and making one. */
@FleetController('batches')
export class BatchesController {
  constructor(
    private readonly reads: BatchReads,
    private readonly jobs: JobReads,
    private readonly batches: FleetBatches,
  ) {}

  @Get()
  @Answers('The batches of every dialect, the newest first', 200, BatchPage)
  async list(@Query(strictQuery(BatchesQuery)) query: BatchesQuery): Promise<BatchPage> {
    return toPageView(await this.reads.list(toBatchFilter(query), query), toBatchView);
  }

  @Post()
  @Answers('Make a batch of any targets of one kind', 201, BatchDetailView, { problems: [404, 409, 422] })
  async create(
    @CurrentPrincipal() principal: Principal,
    @Body(strictBody(BatchRequest)) request: BatchRequest,
    @Query(noQuery()) _query: void,
    @Idempotent() repeat: IdempotentRequest | null,
  ): Promise<BatchDetailView> {
    const { id } = await this.batches.create(principal, request, repeat);
    return toBatchDetailView(await this.reads.get(id));
  }

  @Get(':id')
  @OpenToPlanTokens('batch', 'id')
  @Answers('One batch with its waves and how far its jobs are', 200, BatchDetailView, { problems: [404] })
  async get(@Param('id', uuidOf('batch')) id: string, @Query(noQuery()) _query: void): Promise<BatchDetailView> {
    return toBatchDetailView(await this.reads.get(id));
  }

  @Get(':id/waves')
  @OpenToPlanTokens('batch', 'id')
  @Answers('The waves of a batch, in order', 200, WaveListView, { problems: [404] })
  async waves(@Param('id', uuidOf('batch')) id: string, @Query(noQuery()) _query: void): Promise<WaveListView> {
    return { items: (await this.reads.waves(id)).map(toWaveView) };
  }

  @Get(':id/jobs')
  @OpenToPlanTokens('batch', 'id')
  @Answers('The jobs of a batch, in the order in which they are to be done', 200, JobPage, { problems: [404] })
  async listJobs(
    @Param('id', uuidOf('batch')) id: string,
    @Query(strictQuery(BatchJobsQuery)) query: BatchJobsQuery,
  ): Promise<JobPage> {
    await this.reads.requireBatch(id);
    return toPageView(await this.jobs.list({ ...toBatchJobFilter(query), batchId: id }, query), toJobView);
  }
}
