import { Get, Param, Query } from '@nestjs/common';
import { Answers } from '../../api/answers.decorator.js';
import { FleetController } from '../../api/fleet-controller.decorator.js';
import { PageQuery, toPageView } from '../../api/page.dto.js';
import { noQuery, strictQuery } from '../../api/strict.pipe.js';
import { JobPage, toJobView } from '../../jobs/api/job.view.js';
import { JobReads } from '../../jobs/job-reads.service.js';
import { TargetReads } from '../target-reads.service.js';
import { TargetKindListView, TargetPage, TargetView, toTargetKindView, toTargetView } from './target.view.js';
import { TargetsQuery } from './targets.dto.js';

/** What work can be done on, of all dialects. */
@FleetController('targets')
export class TargetsController {
  constructor(
    private readonly targets: TargetReads,
    private readonly jobs: JobReads,
  ) {}

  @Get()
  @Answers('The kinds of targets there are, and what can be done to them', 200, TargetKindListView)
  listKinds(@Query(noQuery()) _query: void): TargetKindListView {
    return { items: this.targets.listKinds().map(toTargetKindView) };
  }

  @Get(':kind')
  @Answers('The targets of one kind', 200, TargetPage, { problems: [404] })
  async list(@Param('kind') kind: string, @Query(strictQuery(TargetsQuery)) query: TargetsQuery): Promise<TargetPage> {
    return toPageView(await this.targets.list(kind, query, query), toTargetView);
  }

  @Get(':kind/:id')
  @Answers('One target', 200, TargetView, { problems: [404] })
  async get(@Param('kind') kind: string, @Param('id') id: string, @Query(noQuery()) _query: void): Promise<TargetView> {
    return toTargetView(await this.targets.get(kind, id));
  }

  /** Also of a target that is gone: what was done to it is still there. */
  @Get(':kind/:id/jobs')
  @Answers('What was done to one target, the newest first', 200, JobPage)
  async listJobs(
    @Param('kind') kind: string,
    @Param('id') id: string,
    @Query(strictQuery(PageQuery)) query: PageQuery,
  ): Promise<JobPage> {
    return toPageView(await this.jobs.list({ target: targetOf(kind, id) }, query), toJobView);
  }
}

/** PostgreSQL takes no text with NUL, and no target has one. */
function targetOf(kind: string, id: string): { kind: string; id: string } {
  return { kind: kind.replaceAll('\0', ''), id: id.replaceAll('\0', '') };
}
