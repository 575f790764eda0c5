import { Get, Param } from '@nestjs/common';
import { CurrentPrincipal } from '../../../auth/passport/access.decorators.js';
import type { Principal } from '../../../auth/principal.js';
import { Config } from '../../../config/config.js';
import { AccessService } from '../../access/access.service.js';
import { GenesisController } from '../../wire/genesis-controller.decorator.js';
import { GenesisId } from '../../wire/genesis-id.pipe.js';
import { Address, collection, link, linksOf, type Link } from '../../wire/genesis-links.js';
import { DashboardsService } from '../dashboards.service.js';
import { HistoryService } from '../history.service.js';
import { SchedulesService } from '../schedules.service.js';
import { toWorkflowDetails, type WorkflowDetailsView } from './history.view.js';
import { toJobView, type JobView } from './job.view.js';

/** What goes on, over all environments (spec environments section 2.2). */
@GenesisController('')
export class DashboardsController {
  constructor(
    private readonly config: Config,
    private readonly access: AccessService,
    private readonly dashboards: DashboardsService,
    private readonly history: HistoryService,
    private readonly schedules: SchedulesService,
  ) {}

  @Get('workflow-stats')
  async workflows(
    @CurrentPrincipal() principal: Principal,
    @Address() address: string,
  ): Promise<{ items: readonly object[]; links: Link[] }> {
    await this.access.assertSystem(principal, 'system.read');
    const items = (await this.dashboards.workflows()).map(({ projectId, projectName, running }) => ({
      projectId,
      projectName,
      runningWorkflows: running,
      links: linksOf([
        link('collection', `${address}/rest/projects/${projectId}/workflows/running`, 'WorkflowDetails'),
      ]),
    }));
    return collection(items, [link('self', `${address}/rest/workflow-stats`, 'WorkflowStats')]);
  }

  @Get('jobs-stat')
  async jobs(
    @CurrentPrincipal() principal: Principal,
    @Address() address: string,
  ): Promise<{ items: readonly object[]; links: Link[] }> {
    await this.access.assertSystem(principal, 'system.read');
    const items = (await this.dashboards.schedules()).map(({ projectId, projectName, requested, failed }) => ({
      projectId,
      projectName,
      requestedJobs: requested,
      failedJobs: failed,
      links: linksOf([link('self', `${address}/rest/projects/${projectId}/jobs`, 'ScheduledJobDetails')]),
    }));
    return collection(items, [link('self', `${address}/rest/jobs-stat`, 'ScheduledJobStat')]);
  }

  @Get('projects/:projectId/workflows/running')
  async running(
    @CurrentPrincipal() principal: Principal,
    @Param('projectId', GenesisId) projectId: number,
  ): Promise<WorkflowDetailsView[]> {
    const access = await this.access.inProject(principal, projectId, 'project.settings');
    const runs = await this.history.running(access.project.id);
    return runs.map((run) => toWorkflowDetails(run, this.config.values.genesisStatusWords));
  }

  @Get('projects/:projectId/jobs')
  async projectJobs(
    @CurrentPrincipal() principal: Principal,
    @Param('projectId', GenesisId) projectId: number,
    @Address() address: string,
  ): Promise<{ failed: JobView[]; requested: JobView[] }> {
    const access = await this.access.inProject(principal, projectId, 'project.settings');
    const rows = await this.schedules.ofProject(projectId);
    const views = (isFailed: boolean) =>
      rows
        .filter(({ failure }) => (failure !== null) === isFailed)
        .map((row) => toJobView(row, access.may('env.write', { environmentId: row.environmentId }), address));
    return { failed: views(true), requested: views(false) };
  }
}
