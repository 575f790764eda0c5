import { Get, Param, Query, Req } from '@nestjs/common';
import { OpenToPlanTokens } from '../../../auth/passport/access.decorators.js';
import type { FastifyRequest } from 'fastify';
import { Answers } from '../../api/answers.decorator.js';
import { FleetController } from '../../api/fleet-controller.decorator.js';
import { toPageView } from '../../api/page.dto.js';
import { integerOf } from '../../api/path-ids.js';
import { noQuery, strictQuery } from '../../api/strict.pipe.js';
import { JobLogs } from '../job-logs.service.js';
import { JobReads } from '../job-reads.service.js';
import { timelineOf } from '../timeline.js';
import {
  JobDetailView,
  JobPage,
  LogPage,
  TimelineView,
  toJobDetailView,
  toJobView,
  toLogLineView,
} from './job.view.js';
import { JobsQuery, LogsQuery, toJobFilter } from './jobs.dto.js';

/** The work on single targets, whatever batch and dialect it belongs to. */
@FleetController('jobs')
export class JobsController {
  constructor(
    private readonly jobs: JobReads,
    private readonly logs: JobLogs,
  ) {}

  @Get()
  @Answers('The jobs of every batch, the newest first', 200, JobPage)
  async list(@Query(strictQuery(JobsQuery)) query: JobsQuery): Promise<JobPage> {
    return toPageView(await this.jobs.list(toJobFilter(query), query), toJobView);
  }

  @Get(':id')
  @OpenToPlanTokens('job', 'id')
  @Answers('One job with its steps and what happened to its target', 200, JobDetailView, { problems: [404] })
  async get(@Param('id', integerOf('job')) id: number, @Query(noQuery()) _query: void): Promise<JobDetailView> {
    return toJobDetailView(await this.jobs.get(id));
  }

  @Get(':id/timeline')
  @OpenToPlanTokens('job', 'id')
  @Answers('What happened to the target of a job, in order', 200, TimelineView, { problems: [404] })
  async timeline(@Param('id', integerOf('job')) id: number, @Query(noQuery()) _query: void): Promise<TimelineView> {
    return { items: timelineOf(await this.jobs.get(id)) };
  }

  @Get(':id/logs')
  @OpenToPlanTokens('job', 'id')
  @Answers('The lines of a job’s log, the oldest first; with wait_s they are followed to its end', 200, LogPage, {
    problems: [404, 429],
  })
  async listLogs(
    @Param('id', integerOf('job')) id: number,
    @Query(strictQuery(LogsQuery)) query: LogsQuery,
    @Req() request: FastifyRequest,
  ): Promise<LogPage> {
    const gone = new AbortController();
    request.raw.once('close', () => gone.abort());
    const page = await this.logs.page(id, { ...query, waitS: query.wait_s }, gone.signal);
    return toPageView(page, toLogLineView);
  }
}
