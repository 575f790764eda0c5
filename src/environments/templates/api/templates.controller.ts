import { Get, Param, Post, Query } from '@nestjs/common';
import { CurrentPrincipal, ReadsOnly } from '../../../auth/passport/access.decorators.js';
import type { Principal } from '../../../auth/principal.js';
import { AccessService } from '../../access/access.service.js';
import type { ProjectAccess } from '../../access/project-access.js';
import { ConfigurationsService } from '../../projects/configurations.service.js';
import { given, GenesisObject, isObject, type JsonObject, wholeNumber } from '../../wire/genesis-body.js';
import { GenesisController } from '../../wire/genesis-controller.decorator.js';
import { GenesisId, isId } from '../../wire/genesis-id.pipe.js';
import { inputError, missing, refused, success } from '../../wire/genesis-result.js';
import type { WorkflowFacts } from '../inputs/workflow-facts.js';
import { type Template, type Workflow, workflowOf } from '../template.js';
import { TemplatesService } from '../templates.service.js';
import { WorkflowInputs } from '../workflow-inputs.service.js';
import { viewTemplate, viewVariable, viewWorkflow } from './workflow.view.js';

const ProjectId = () => Param('projectId', GenesisId);

/** What environments can be made from, and what their workflows ask for (spec environments section 2.2). */
@GenesisController('projects/:projectId/templates')
export class TemplatesController {
  constructor(
    private readonly templates: TemplatesService,
    private readonly inputs: WorkflowInputs,
    private readonly configurations: ConfigurationsService,
    private readonly access: AccessService,
  ) {}

  /** A bare list. */
  @Get()
  async list(@CurrentPrincipal() principal: Principal, @ProjectId() projectId: number) {
    await this.access.inProject(principal, projectId);
    return this.templates.list().map(viewTemplate);
  }

  /** `?format=src`: the file itself. */
  @Get(':name/:version')
  async get(
    @CurrentPrincipal() principal: Principal,
    @ProjectId() projectId: number,
    @Param('name') name: string,
    @Param('version') versionPart: string,
    @Query('format') format: unknown,
  ) {
    await this.access.inProject(principal, projectId);
    const template = this.template(name, versionPart);
    if (format !== 'src') return viewTemplate(template);
    const { version } = template;
    return { name, version, content: this.templates.source(name, version) ?? '' };
  }

  @Get(':name/:version/:workflow')
  async describe(
    @CurrentPrincipal() principal: Principal,
    @ProjectId() projectId: number,
    @Param('name') name: string,
    @Param('version') versionPart: string,
    @Param('workflow') workflowName: string,
    @Query('configurationId') configurationId: unknown,
  ) {
    const access = await this.access.inProject(principal, projectId);
    const template = this.template(name, versionPart);
    const workflow = workflowIn(template, workflowName);
    const facts = await this.facts(access, configurationId);
    const { description, preconditions } = await this.inputs.describe(template, workflow, {}, facts);
    if (preconditions.length > 0) throw refused({ compoundServiceErrors: preconditions });
    return success(viewWorkflow(description));
  }

  /** The lists of dependent variables, from what the form holds so far. Nothing is stored. */
  @Post(':name/:version/:workflow')
  @ReadsOnly()
  async apply(
    @CurrentPrincipal() principal: Principal,
    @ProjectId() projectId: number,
    @Param('name') name: string,
    @Param('version') versionPart: string,
    @Param('workflow') workflowName: string,
    @GenesisObject() body: JsonObject,
  ) {
    const access = await this.access.inProject(principal, projectId);
    const template = this.template(name, versionPart);
    const workflow = workflowIn(template, workflowName);
    const values = given(body, 'variables') ?? {};
    if (!isObject(values)) throw inputError('Invalid input');
    const facts = await this.facts(access, given(body, 'configurationId'));
    const { description, variables } = await this.inputs.describe(template, workflow, values, facts);
    if (Object.keys(variables).length > 0) throw refused({ variablesErrors: variables });
    const dependent = description.variables.filter(
      ({ definition, choices }) => definition.dependsOn.length > 0 && choices !== null,
    );
    return success(dependent.map(viewVariable));
  }

  /** `versionPart` as in the address: `v2.0`. */
  private template(name: string, versionPart: string): Template {
    const version = versionPart.replace(/^v/, '');
    const template = versionPart.startsWith('v') ? this.templates.find(name, version) : null;
    if (template === null)
      throw missing(`Template ${name} with version ${version} not found`, 'compoundVariablesErrors');
    return template;
  }

  /** Without an id: the project's first configuration the caller may use, as on creation. */
  private async facts(access: ProjectAccess, configurationId: unknown): Promise<WorkflowFacts> {
    const id = configurationId === undefined || configurationId === '' ? null : wholeNumber(configurationId);
    if (id === undefined || (id !== null && !isId(id))) throw inputError('Invalid input');
    if (id !== null) access.assert('config.read', { configurationId: id });
    const { id: projectId } = access.project;
    const usable = id === null ? await this.usable(access) : await this.configurations.get(projectId, id);
    if (!usable) return { envConfig: { instanceCount: 0 } };
    const { configuration, instanceCount } = usable;
    return { envConfig: { ...configuration.items, name: configuration.name, instanceCount } };
  }

  private async usable(access: ProjectAccess) {
    const all = await this.configurations.list(access.project.id);
    return all
      .filter(({ configuration: { id } }) => access.may('config.read', { configurationId: id }))
      .sort((a, b) => a.configuration.id - b.configuration.id)[0];
  }
}

function workflowIn(template: Template, name: string): Workflow {
  const workflow = workflowOf(template, name);
  if (workflow === null) throw missing(`Workflow ${name} of template ${template.name} not found`);
  return workflow;
}
