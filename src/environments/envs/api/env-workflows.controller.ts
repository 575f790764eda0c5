import { Get, Param, Post } from '@nestjs/common';
import { InjectDataSource } from '@nestjs/typeorm';
import type { DataSource } from 'typeorm';
import { CurrentPrincipal } from '../../../auth/passport/access.decorators.js';
import type { Principal } from '../../../auth/principal.js';
import { configFacts, environmentFacts } from '../../engine/workflow-facts.js';
import { templateOf } from '../../engine/workflow-rows.js';
import { Environment } from '../../records/environment.entity.js';
import { viewWorkflow } from '../../templates/api/workflow.view.js';
import { workflowOf } from '../../templates/template.js';
import { WorkflowInputs } from '../../templates/workflow-inputs.service.js';
import { GenesisObject, type JsonObject } from '../../wire/genesis-body.js';
import { GenesisController } from '../../wire/genesis-controller.decorator.js';
import { GenesisId } from '../../wire/genesis-id.pipe.js';
import { Address, collection, link, linksOf, type Link } from '../../wire/genesis-links.js';
import { missing, refused, success, type SuccessBody } from '../../wire/genesis-result.js';
import { EnvironmentAccess } from '../environment-access.service.js';
import { WorkflowRuns } from '../workflow-runs.service.js';
import { pathOf } from './env.view.js';
import { toRunVariables } from './envs.dto.js';

/** The workflows of an environment: listed, described, run (spec environments section 2.1). */
@GenesisController('projects/:projectId/envs/:envId/workflows')
export class EnvWorkflowsController {
  constructor(
    @InjectDataSource() private readonly dataSource: DataSource,
    private readonly reached: EnvironmentAccess,
    private readonly inputs: WorkflowInputs,
    private readonly runs: WorkflowRuns,
  ) {}

  @Get()
  async list(
    @CurrentPrincipal() principal: Principal,
    @Param('projectId', GenesisId) projectId: number,
    @Param('envId', GenesisId) id: number,
    @Address() address: string,
  ): Promise<{ items: readonly object[]; links: Link[] }> {
    const { environment, may } = await this.reached.reach(principal, projectId, id, 'env.actions');
    const { createWorkflow, workflows } = templateOf(await this.get(id));
    const path = `${pathOf(environment, address)}/workflows`;
    const post = may('env.write');
    const runnable = environment.status === 'Destroyed' ? [] : workflows.filter(({ name }) => name !== createWorkflow);
    const items = runnable.map(({ name }) => ({
      name,
      variables: [],
      varGroups: {},
      links: linksOf([link('self', `${path}/${encodeURIComponent(name)}`, 'Workflow', { post })]),
    }));
    return collection(items, [link('self', path, 'Workflow')]);
  }

  @Get(':name')
  async describe(
    @CurrentPrincipal() principal: Principal,
    @Param('projectId', GenesisId) projectId: number,
    @Param('envId', GenesisId) id: number,
    @Param('name') name: string,
  ): Promise<SuccessBody> {
    await this.reached.reach(principal, projectId, id, 'env.actions');
    const environment = await this.get(id);
    const template = templateOf(environment);
    const workflow = workflowOf(template, name);
    if (workflow === null) throw missing(`Workflow ${name} not found in template ${template.name}`);
    const envConfig = await configFacts(this.dataSource.manager, environment.configurationId);
    const facts = { ...environmentFacts(environment), envConfig };
    const { description, preconditions } = await this.inputs.describe(template, workflow, {}, facts);
    if (preconditions.length > 0) throw refused({ compoundServiceErrors: preconditions });
    return success(viewWorkflow(description));
  }

  @Post(':name')
  async run(
    @CurrentPrincipal() principal: Principal,
    @Param('projectId', GenesisId) projectId: number,
    @Param('envId', GenesisId) id: number,
    @Param('name') name: string,
    @GenesisObject({ optional: true }) body: JsonObject,
  ): Promise<SuccessBody> {
    await this.reached.reach(principal, projectId, id, 'env.write');
    return success(await this.runs.run(principal, id, name, toRunVariables(body)));
  }

  private get(id: number): Promise<Environment> {
    return this.dataSource.manager.findOneByOrFail(Environment, { id });
  }
}
