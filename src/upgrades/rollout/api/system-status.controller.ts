import { Get, Query, Req } from '@nestjs/common';
import type { FastifyRequest } from 'fastify';
import { pageBody, pageOffset, pageRequest, type PageBody, type QueryValues } from '../../drf/page.js';
import { urlOf } from '../../../http/request-url.js';
import { UpgradeController } from '../../drf/upgrade-controller.decorator.js';
import { UpgradeJobsService } from '../upgrade-jobs.service.js';
import { toCheckRuns, type CheckRunView } from './job.view.js';

/** The original calls its scheduler healthy when it ticked within this time (spec upgrade section 2). */
const HEALTHY_MS = 90_000;

interface SystemStatusView {
  readonly scheduler: {
    readonly running: boolean;
    readonly healthy: boolean;
    readonly last_tick: string | null;
    readonly error: string | null;
  };
}

@UpgradeController('core')
export class SystemStatusController {
  constructor(private readonly jobs: UpgradeJobsService) {}

  @Get('system-status')
  async status(): Promise<SystemStatusView> {
    const last = await this.jobs.lastWorkerBeat();
    const healthy = last !== null && Date.now() - last.getTime() < HEALTHY_MS;
    return {
      scheduler: {
        running: last !== null,
        healthy,
        last_tick: last?.toISOString() ?? null,
        error: healthy ? null : 'No worker process is alive',
      },
    };
  }

  @Get('check-runs')
  async checkRuns(@Query() query: QueryValues, @Req() request: FastifyRequest): Promise<PageBody<CheckRunView>> {
    const page = pageRequest(query);
    const count = await this.jobs.countCheckRuns();
    const runs = await this.jobs.checkRuns(pageOffset(page, count).offset, page.size);
    const jobs = new Map((await this.jobs.listByIds(runs.map(({ jobId }) => jobId))).map((job) => [job.id, job]));
    const views = runs.flatMap((run) => {
      const job = jobs.get(run.jobId);
      return job ? toCheckRuns(job, [run]) : [];
    });
    return pageBody(urlOf(request), page, count, views);
  }
}
