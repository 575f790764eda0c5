import { Delete, Get, Param, Post, Put } from '@nestjs/common';
import { CurrentPrincipal } from '../../../auth/passport/access.decorators.js';
import type { Principal } from '../../../auth/principal.js';
import { IgnoresBody } from '../../../http/ignores-body.js';
import { GenesisObject, type JsonObject } from '../../wire/genesis-body.js';
import { GenesisController } from '../../wire/genesis-controller.decorator.js';
import { GenesisId } from '../../wire/genesis-id.pipe.js';
import { Address, collection, link, type Link } from '../../wire/genesis-links.js';
import { success, type SuccessBody } from '../../wire/genesis-result.js';
import { EnvironmentAccess } from '../environment-access.service.js';
import { SchedulesService } from '../schedules.service.js';
import { pathOf } from './env.view.js';
import { toNewSchedule } from './envs.dto.js';
import { toJobView, type JobView } from './job.view.js';

/** Scheduled workflows of an environment, and those that could not be started (spec environments section 2.1, Jobs). */
@GenesisController('projects/:projectId/envs/:envId')
export class EnvJobsController {
  constructor(
    private readonly reached: EnvironmentAccess,
    private readonly schedules: SchedulesService,
  ) {}

  @Get('jobs')
  async list(
    @CurrentPrincipal() principal: Principal,
    @Param('projectId', GenesisId) projectId: number,
    @Param('envId', GenesisId) id: number,
    @Address() address: string,
  ): Promise<{ items: readonly JobView[]; links: Link[] }> {
    const { environment, may } = await this.reached.reach(principal, projectId, id, 'env.read');
    const write = may('env.write');
    const items = (await this.schedules.list(id, 'waiting')).map((row) => toJobView(row, write, address));
    const path = `${pathOf(environment, address)}/jobs`;
    return collection(items, [link('self', path, 'ScheduledJobDetails', { get: true, post: write })]);
  }

  @Post('jobs')
  async add(
    @CurrentPrincipal() principal: Principal,
    @Param('projectId', GenesisId) projectId: number,
    @Param('envId', GenesisId) id: number,
    @GenesisObject() body: JsonObject,
  ): Promise<SuccessBody> {
    await this.reached.reach(principal, projectId, id, 'env.write');
    return success(String(await this.schedules.add(principal, id, toNewSchedule(body))));
  }

  @Put('jobs/:jobId')
  async change(
    @CurrentPrincipal() principal: Principal,
    @Param('projectId', GenesisId) projectId: number,
    @Param('envId', GenesisId) id: number,
    @Param('jobId', GenesisId) jobId: number,
    @GenesisObject() body: JsonObject,
  ): Promise<SuccessBody> {
    await this.reached.reach(principal, projectId, id, 'env.write');
    await this.schedules.change(principal, id, jobId, toNewSchedule(body));
    return success(String(jobId));
  }

  @Delete('jobs/:jobId')
  @IgnoresBody()
  async remove(
    @CurrentPrincipal() principal: Principal,
    @Param('projectId', GenesisId) projectId: number,
    @Param('envId', GenesisId) id: number,
    @Param('jobId', GenesisId) jobId: number,
  ): Promise<SuccessBody> {
    await this.reached.reach(principal, projectId, id, 'env.write');
    await this.schedules.remove(principal, id, jobId, 'waiting');
    return success(String(jobId));
  }

  @Get('failedJobs')
  async failed(
    @CurrentPrincipal() principal: Principal,
    @Param('projectId', GenesisId) projectId: number,
    @Param('envId', GenesisId) id: number,
    @Address() address: string,
  ): Promise<{ items: readonly JobView[]; links: Link[] }> {
    const { environment, may } = await this.reached.reach(principal, projectId, id, 'env.read');
    const write = may('env.write');
    const items = (await this.schedules.list(id, 'failed')).map((row) => toJobView(row, write, address));
    return collection(items, [link('self', `${pathOf(environment, address)}/failedJobs`, 'ScheduledJobDetails')]);
  }

  @Delete('failedJobs/:jobId')
  @IgnoresBody()
  async removeFailed(
    @CurrentPrincipal() principal: Principal,
    @Param('projectId', GenesisId) projectId: number,
    @Param('envId', GenesisId) id: number,
    @Param('jobId', GenesisId) jobId: number,
  ): Promise<SuccessBody> {
    await this.reached.reach(principal, projectId, id, 'env.write');
    await this.schedules.remove(principal, id, jobId, 'failed');
    return success(jobId);
  }
}
