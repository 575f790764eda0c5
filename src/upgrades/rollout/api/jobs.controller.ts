import { Get, HttpCode, Param, Post, Query, Req, Res } from '@nestjs/common';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { CurrentPrincipal, RequireRole } from '../../../auth/passport/access.decorators.js';
import type { Principal } from '../../../auth/principal.js';
import { IdPipe } from '../../drf/id.pipe.js';
import { pageBody, pageOffset, pageRequest, type PageBody, type QueryValues } from '../../drf/page.js';
import { invalidRequest, notFound } from '../../drf/refusals.js';
import { urlOf } from '../../../http/request-url.js';
import { UpgradeController } from '../../drf/upgrade-controller.decorator.js';
import { UpgradeJobsService, type StoredArtifact, type UpgradeJob } from '../upgrade-jobs.service.js';
import { artifactsText, artifactsZip, ARTIFACT_TYPES, isArtifactType } from './artifacts.js';
import { toCheckRuns, toJobView, toLogText, type CheckRunView, type JobView } from './job.view.js';

type JobDetailView = JobView & { readonly log: string; readonly check_runs: readonly CheckRunView[] };

/** `/api/core/jobs/`: the jobs once more, with their log and what their checks found (spec upgrade section 2). */
@UpgradeController('core/jobs')
export class JobsController {
  constructor(private readonly jobs: UpgradeJobsService) {}

  @Get()
  async list(@Query() query: QueryValues, @Req() request: FastifyRequest): Promise<PageBody<JobView>> {
    const page = pageRequest(query);
    const count = await this.jobs.count();
    const jobs = await this.jobs.page(pageOffset(page, count).offset, page.size);
    return pageBody(urlOf(request), page, count, jobs.map(toJobView));
  }

  @Get(':id')
  async get(@Param('id', IdPipe) id: number): Promise<JobDetailView> {
    const job = await this.find(id);
    const [log, artifacts] = await Promise.all([this.jobs.readLog(id), this.jobs.readArtifacts(id)]);
    return { ...toJobView(job), log: toLogText(log), check_runs: toCheckRuns(job, artifacts) };
  }

  @Get(':id/log')
  async log(@Param('id', IdPipe) id: number, @Res({ passthrough: true }) reply: FastifyReply): Promise<string> {
    await this.find(id);
    reply.type('text/plain; charset=utf-8');
    return toLogText(await this.jobs.readLog(id));
  }

  @Post(':id/cancel')
  @HttpCode(200)
  @RequireRole('operator', 'upgrade device firmware')
  async cancel(@CurrentPrincipal() principal: Principal, @Param('id', IdPipe) id: number): Promise<{ status: string }> {
    const job = await this.find(id);
    const cancelled = await this.jobs.cancel(principal, [id]);
    if (cancelled.length > 0) return { status: 'cancelled' };
    const { status } = toJobView(await this.find(job.id));
    throw invalidRequest('Cannot cancel', `Only pending or scheduled jobs can be cancelled; this one is ${status}`);
  }

  @Get(':id/download_artifacts')
  async download(
    @Param('id', IdPipe) id: number,
    @Query('type') type: string | undefined,
    @Res() reply: FastifyReply,
  ): Promise<void> {
    const wanted = type === undefined || type === '' ? 'all' : type;
    if (!isArtifactType(wanted)) {
      throw invalidRequest('Invalid type', `type must be one of ${ARTIFACT_TYPES.join(', ')}`);
    }
    await this.find(id);
    await this.send(reply, id, wanted, await this.jobs.readArtifacts(id));
  }

  @Get(':id/download_diffs')
  async diffs(@Param('id', IdPipe) id: number, @Res() reply: FastifyReply): Promise<void> {
    await this.find(id);
    await this.send(reply, id, 'diff', await this.jobs.readArtifacts(id));
  }

  private async send(
    reply: FastifyReply,
    id: number,
    type: string,
    artifacts: readonly StoredArtifact[],
  ): Promise<void> {
    if (type === 'all') {
      await reply
        .type('application/zip')
        .header('content-disposition', `attachment; filename="job-${id}-artifacts.zip"`)
        .send(artifactsZip(artifacts));
      return;
    }
    const wanted = artifacts.filter(({ kind }) => kind === type);
    await reply.type('text/plain; charset=utf-8').send(artifactsText(wanted));
  }

  private async find(id: number): Promise<UpgradeJob> {
    const [job] = await this.jobs.listByIds([id]);
    if (!job) throw notFound(`Job ${id} does not exist`);
    return job;
  }
}
