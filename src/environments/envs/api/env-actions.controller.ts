import { Delete, Get, Param, Post, Put } from '@nestjs/common';
import { InjectDataSource } from '@nestjs/typeorm';
import type { DataSource } from 'typeorm';
import { CurrentPrincipal } from '../../../auth/passport/access.decorators.js';
import type { Principal } from '../../../auth/principal.js';
import { IgnoresBody } from '../../../http/ignores-body.js';
import { GenesisObject, type JsonObject } from '../../wire/genesis-body.js';
import { GenesisController } from '../../wire/genesis-controller.decorator.js';
import { GenesisId } from '../../wire/genesis-id.pipe.js';
import { Address, collection, link, type Link } from '../../wire/genesis-links.js';
import { missing, success, type SuccessBody } from '../../wire/genesis-result.js';
import { EnvironmentAccess } from '../environment-access.service.js';
import { TimesToLive } from '../times-to-live.service.js';
import { WorkflowRuns } from '../workflow-runs.service.js';
import { rightsOf } from './env-rights.js';
import { pathOf, toActionViews } from './env.view.js';
import { toAction, toActionName, toMinutes, type AskedAction } from './envs.dto.js';

/** Actions on an environment, and its time to live (spec environments section 2.1). */
@GenesisController('projects/:projectId/envs/:envId')
export class EnvActionsController {
  constructor(
    @InjectDataSource() private readonly dataSource: DataSource,
    private readonly reached: EnvironmentAccess,
    private readonly runs: WorkflowRuns,
    private readonly times: TimesToLive,
  ) {}

  @Get('actions')
  async list(
    @CurrentPrincipal() principal: Principal,
    @Param('projectId', GenesisId) projectId: number,
    @Param('envId', GenesisId) id: number,
    @Address() address: string,
  ): Promise<{ items: readonly object[]; links: Link[] }> {
    const reached = await this.reached.reach(principal, projectId, id, 'env.actions');
    const path = `${pathOf(reached.environment, address)}/actions`;
    return collection(toActionViews(reached.environment, rightsOf(reached), path), [link('self', path, 'Action')]);
  }

  /** The web interface's form: everything is in the body. */
  @Post('actions')
  async act(
    @CurrentPrincipal() principal: Principal,
    @Param('projectId', GenesisId) projectId: number,
    @Param('envId', GenesisId) id: number,
    @GenesisObject() body: JsonObject,
  ): Promise<SuccessBody> {
    const { access } = await this.reached.reach(principal, projectId, id, 'env.write');
    const asked = toAction(body);
    access.assert(callOf(asked), { environmentId: id });
    return success(await this.perform(principal, id, asked));
  }

  @Post('actions/:name')
  @IgnoresBody()
  async actByName(
    @CurrentPrincipal() principal: Principal,
    @Param('projectId', GenesisId) projectId: number,
    @Param('envId', GenesisId) id: number,
    @Param('name') name: string,
  ): Promise<SuccessBody> {
    const action = toActionName(name);
    const call = action === null ? 'env.read' : callOf({ action });
    await this.reached.reach(principal, projectId, id, call);
    if (action === null) throw missing(`Action ${name} not found`);
    return success(await this.perform(principal, id, { action }));
  }

  @Put('timeToLive')
  async setTimeToLive(
    @CurrentPrincipal() principal: Principal,
    @Param('projectId', GenesisId) projectId: number,
    @Param('envId', GenesisId) id: number,
    @GenesisObject() body: JsonObject,
  ): Promise<SuccessBody> {
    await this.reached.reach(principal, projectId, id, 'env.write');
    const minutes = toMinutes(body);
    const end = await this.dataSource.transaction((tx) => this.times.replace(tx, principal, id, minutes));
    return success(end.toISOString().replace(/\.\d+Z$/, 'Z'));
  }

  @Delete('timeToLive')
  @IgnoresBody()
  async removeTimeToLive(
    @CurrentPrincipal() principal: Principal,
    @Param('projectId', GenesisId) projectId: number,
    @Param('envId', GenesisId) id: number,
  ): Promise<SuccessBody> {
    await this.reached.reach(principal, projectId, id, 'env.write');
    await this.dataSource.transaction((tx) => this.times.remove(tx, principal, id));
    return success(true);
  }

  /** The environment's id, or that of the workflow which was started. */
  private async perform(principal: Principal, id: number, asked: AskedAction): Promise<number> {
    switch (asked.action) {
      case 'execute':
        return this.runs.run(principal, id, asked.workflow, asked.variables);
      case 'cancel':
        await this.runs.cancel(principal, id);
        return id;
      case 'reset':
        await this.runs.reset(principal, id);
        return id;
      case 'markDestroyed':
        await this.runs.markDestroyed(principal, id);
        return id;
    }
  }
}

function callOf({ action }: Pick<AskedAction, 'action'>): 'env.write' | 'env.reset' {
  return action === 'reset' || action === 'markDestroyed' ? 'env.reset' : 'env.write';
}
