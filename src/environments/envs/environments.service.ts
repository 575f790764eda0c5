import { Injectable } from '@nestjs/common';
import { InjectDataSource } from '@nestjs/typeorm';
import type { DataSource, EntityManager } from 'typeorm';
import type { ProjectAccess } from '../access/project-access.js';
import { GrantsService } from '../access/grants.service.js';
import { AuditService } from '../../auth/audit/audit.service.js';
import type { Principal } from '../../auth/principal.js';
import { violatedUnique } from '../../database/pg-errors.js';
import { configFacts } from '../engine/workflow-facts.js';
import { accepted, starterOf, WorkflowStarts } from '../engine/workflow-starts.service.js';
import { Configuration } from '../records/configuration.entity.js';
import { Environment } from '../records/environment.entity.js';
import { workflowOf, type Template } from '../templates/template.js';
import { TemplatesService } from '../templates/templates.service.js';
import { WorkflowInputs } from '../templates/workflow-inputs.service.js';
import { missing, refused } from '../wire/genesis-result.js';
import { BAD_NAME, environmentName } from './environment-name.js';
import { TimesToLive } from './times-to-live.service.js';

export interface NewEnvironment {
  readonly name: unknown;
  readonly templateName: string;
  readonly templateVersion: string;
  readonly variables: Readonly<Record<string, unknown>>;
  readonly configurationId: number | null;
  /** Minutes. */
  readonly timeToLive: number | null;
}

/** Environments themselves: made from templates, renamed; their rows are never removed (spec environments section 2.1). */
@Injectable()
export class EnvironmentsService {
  constructor(
    @InjectDataSource() private readonly dataSource: DataSource,
    private readonly templates: TemplatesService,
    private readonly inputs: WorkflowInputs,
    private readonly starts: WorkflowStarts,
    private readonly times: TimesToLive,
    private readonly grants: GrantsService,
    private readonly audit: AuditService,
  ) {}

  /** The checks in the order that clients know them by (spec environments section 2.1). */
  async create(principal: Principal, access: ProjectAccess, wish: NewEnvironment): Promise<number> {
    const projectId = access.project.id;
    const configuration = await this.configurationFor(projectId, wish.configurationId);
    this.times.assertMinutes(wish.timeToLive);
    access.assert('env.create', { configurationId: configuration.id });
    const name = environmentName(wish.name);
    if (name === null) throw refused({ serviceErrors: { envName: BAD_NAME } });
    const manager = this.dataSource.manager;
    if (await manager.existsBy(Environment, { projectId, name })) throw nameTaken(projectId);
    const template = this.templates.find(wish.templateName, wish.templateVersion);
    if (template === null) throw templateNotFound(wish);
    const workflow = workflowOf(template, template.createWorkflow)!;
    const envConfig = await configFacts(manager, configuration.id);
    const inputs = accepted(await this.inputs.check(template, workflow, wish.variables, { envConfig }));
    try {
      return await this.dataSource.transaction(async (tx) => {
        await this.grants.hold(tx, projectId, configuration.id);
        const environment = await this.insert(tx, principal, { name, projectId, template, configuration });
        await this.templates.use(tx, template);
        await this.grants.copyToEnvironment(tx, configuration.id, environment.id);
        const start = { workflow, inputs, startedBy: starterOf(principal) };
        await this.starts.begin(tx, environment, start);
        if (wish.timeToLive !== null) await this.times.set(tx, principal, environment, wish.timeToLive);
        return environment.id;
      });
    } catch (error) {
      if (violatedUnique(error) === 'environments_project_id_name_key') throw nameTaken(projectId);
      throw error;
    }
  }

  async rename(principal: Principal, environmentId: number, given: unknown): Promise<void> {
    const name = environmentName(given);
    if (name === null) throw refused({ variablesErrors: { Name: BAD_NAME } });
    try {
      await this.dataSource.transaction(async (tx) => {
        const [before] = await tx.query<{ name: string }[]>(
          'select name from environments where id = $1 for no key update',
          [environmentId],
        );
        await tx.update(Environment, environmentId, { name });
        await this.audit.record(tx, principal, {
          action: 'update',
          objectType: 'environment',
          objectId: environmentId,
          objectRepr: name,
          before,
          after: { name },
        });
      });
    } catch (error) {
      if (violatedUnique(error) !== 'environments_project_id_name_key') throw error;
      throw refused({ compoundServiceErrors: [`Environment with name '${name}' already exists`] });
    }
  }

  private async configurationFor(projectId: number, id: number | null): Promise<Configuration> {
    const [configuration] = await this.dataSource.manager.find(Configuration, {
      where: id === null ? { projectId } : { projectId, id },
      order: { id: 'ASC' },
      take: 1,
    });
    if (configuration) return configuration;
    if (id === null) throw refused({ compoundServiceErrors: ['The project has no configuration'] });
    throw missing(`Configuration [id = ${id}] wasn't found in project [id = ${projectId}]`);
  }

  private async insert(
    tx: EntityManager,
    principal: Principal,
    made: {
      readonly name: string;
      readonly projectId: number;
      readonly template: Template;
      readonly configuration: Configuration;
    },
  ): Promise<Environment> {
    const { name, projectId, template, configuration } = made;
    const environment = await tx.save(
      Environment,
      tx.create(Environment, {
        name,
        projectId,
        status: 'Busy',
        creator: principal.username,
        templateName: template.name,
        templateVersion: template.version,
        template: template as unknown as Record<string, unknown>,
        configurationId: configuration.id,
        attributes: {},
        context: {},
      }),
    );
    await this.audit.record(tx, principal, {
      action: 'create',
      objectType: 'environment',
      objectId: environment.id,
      objectRepr: name,
      after: { name, projectId, template: `${template.name} ${template.version}`, configuration: configuration.name },
    });
    return environment;
  }
}

function nameTaken(projectId: number) {
  const known = `Instance with the same name already exists in project [id = ${projectId}]`;
  return refused({ serviceErrors: { envName: `Environment with the same name already exists: ${known}` } });
}

function templateNotFound({ templateName, templateVersion }: NewEnvironment) {
  return missing(`Template ${templateName} with version ${templateVersion} not found`, 'compoundVariablesErrors');
}
