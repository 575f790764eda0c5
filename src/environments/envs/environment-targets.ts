import { Injectable } from '@nestjs/common';
import { InjectDataSource } from '@nestjs/typeorm';
import { IsNotEmpty, IsObject, IsString, MaxLength } from 'class-validator';
import { IfGiven } from '../../common/fields/if-given.js';
import type { DataSource, EntityManager } from 'typeorm';
import { AuditService } from '../../auth/audit/audit.service.js';
import type { Principal } from '../../auth/principal.js';
import { DomainError, Invalid, NotFound, Refused } from '../../common/errors.js';
import { readFields } from '../../common/fields/read-fields.js';
import type { Sql } from '../../orchestration/sql.js';
import {
  type ActionRequest,
  type DelegatedAction,
  type RefusedTarget,
  type Target,
  TargetKinds,
} from '../../orchestration/targets/target-kinds.js';
import { RowTargets, type TargetRows } from '../../orchestration/targets/target-rows.js';
import { AccessService } from '../access/access.service.js';
import { ENVIRONMENT_STEP, ENVIRONMENTS } from '../engine/environment-job.js';
import { problemsOf } from '../engine/refusal-text.js';
import { lockEnvironment, templateOf } from '../engine/workflow-rows.js';
import { starterOf, WorkflowStarts } from '../engine/workflow-starts.service.js';
import { Environment } from '../records/environment.entity.js';
import { type Workflow, workflowOf } from '../templates/template.js';
import { TemplatesService } from '../templates/templates.service.js';
import { anySecretNames, assertNoSecret, secretNamesOf } from './secret-variables.js';

const LIVING: TargetRows = {
  kind: 'environment',
  select: `select e.id as key, e.name as label, p.name as site, jsonb_build_array(e.template_name) as tags,
      e.template_version as version, e.status as state
    from environments e join genesis_projects p on p.id = e.project_id where e.status <> 'Destroyed'`,
};

/** Which of the template's workflows, and its variables. */
class WorkflowParameters {
  @IsString()
  @IsNotEmpty()
  @MaxLength(255)
  workflow: string;

  @IfGiven()
  @IsObject()
  variables?: Record<string, unknown>;
}

const WORKFLOW_SCHEMA = {
  type: 'object',
  additionalProperties: false,
  required: ['workflow'],
  properties: {
    workflow: { type: 'string', description: 'The name of a workflow of the environment’s template' },
    variables: {
      type: 'object',
      description: 'Its variables; secret ones are refused, since a batch keeps what it was told',
    },
  },
} as const;

/** Environments as the fleet sees them: their project is where they are, their template is what they are called. */
@Injectable()
export class EnvironmentTargets extends RowTargets {
  readonly dialect = ENVIRONMENTS;
  readonly jobTargetKinds = [ENVIRONMENT_STEP];
  readonly actions: Readonly<Record<string, DelegatedAction>> = {
    workflow: {
      mode: 'delegated',
      summary: 'Run a workflow of the environment’s template',
      schema: WORKFLOW_SCHEMA,
      parse: (request) => ({ ...readFields(WorkflowParameters, request) }),
      refuse: (_sql, principal, targets, request) =>
        this.refuse(principal, targets, request as unknown as WorkflowParameters),
      refuseSecrets: (sql, request) => this.refuseSecrets(sql, request),
      start: (tx, principal, target, request) =>
        this.start(tx, principal, Number(target.id), request as unknown as WorkflowParameters),
    },
  };

  constructor(
    @InjectDataSource() private readonly dataSource: DataSource,
    kinds: TargetKinds,
    private readonly access: AccessService,
    private readonly starts: WorkflowStarts,
    private readonly templates: TemplatesService,
    private readonly audit: AuditService,
  ) {
    super(kinds, LIVING);
  }

  private async refuseSecrets(sql: Sql, { workflow, variables }: ActionRequest): Promise<void> {
    if (typeof variables !== 'object' || variables === null) return;
    const named = typeof workflow === 'string' ? workflow : null;
    assertNoSecret({ ...variables }, await anySecretNames(sql, this.templates.list(), named));
  }

  /** Whoever may not now is told now; what they may is looked at again when it starts. */
  private async refuse(
    principal: Principal,
    targets: readonly Target[],
    request: WorkflowParameters,
  ): Promise<RefusedTarget[]> {
    const refused: RefusedTarget[] = [];
    for (const { id } of targets) {
      try {
        await this.assertMay(principal, Number(id), request);
      } catch (error) {
        // Left out here, the secret would still be kept with the others.
        if (!(error instanceof DomainError) || error.details['code'] === 'secret_variable') throw error;
        refused.push({ id, code: String(error.details['code'] ?? error.kind), message: wordsOf(error) });
      }
    }
    return refused;
  }

  private async assertMay(principal: Principal, id: number, request: WorkflowParameters): Promise<void> {
    const environment = await this.dataSource.manager.findOneBy(Environment, { id });
    if (!environment) throw new NotFound('The environment is gone.');
    const rights = await this.access.inProject(principal, environment.projectId);
    rights.assert('env.write', { environmentId: id });
    const given = request.variables ?? {};
    const workflow = workflowNamed(environment, request.workflow);
    assertNoSecret(given, secretNamesOf(workflow));
    await this.starts.accept(this.dataSource.manager, environment, workflow, given);
  }

  private async start(tx: EntityManager, by: Principal, id: number, request: WorkflowParameters): Promise<string> {
    const environment = await lockEnvironment(tx, id);
    if (!environment) throw new NotFound('The environment is gone.');
    await this.assertMayNow(tx, by, environment);
    const workflow = workflowNamed(environment, request.workflow);
    const run = await this.run(tx, environment, { workflow, given: request.variables ?? {}, startedBy: starterOf(by) });
    await this.audit.record(tx, by, {
      action: 'workflow_start',
      objectType: 'environment',
      objectId: id,
      objectRepr: environment.name,
      before: { status: environment.status },
      after: { workflow: workflow.name, workflowId: run },
    });
    const [started] = await tx.query<{ batchId: string }[]>(
      'select batch_id as "batchId" from environment_workflows where id = $1',
      [run],
    );
    return started!.batchId;
  }

  /** Hours may have passed since the batch was made, and its project has taken somebody's role back meanwhile. */
  private async assertMayNow(tx: EntityManager, by: Principal, environment: Environment): Promise<void> {
    try {
      const rights = await this.access.inProject(by, environment.projectId, 'project.read', tx);
      rights.assert('env.write', { environmentId: environment.id });
    } catch (error) {
      if (!(error instanceof Refused)) throw error;
      throw new Refused(`${by.username} may not run workflows of ${environment.name}`, { code: 'role' });
    }
  }

  private async run(
    tx: EntityManager,
    environment: Environment,
    { workflow, given, startedBy }: { workflow: Workflow; given: Record<string, unknown>; startedBy: string },
  ): Promise<number> {
    try {
      const inputs = await this.starts.accept(tx, environment, workflow, given);
      return await this.starts.start(tx, environment.id, { workflow, inputs, startedBy });
    } catch (error) {
      throw error instanceof DomainError ? new Invalid(wordsOf(error)) : error;
    }
  }
}

/** The dialect's refusals are in containers with the fields' names; for a batch they are one sentence. */
function wordsOf(error: DomainError): string {
  return 'errors' in error.details ? problemsOf(error) : error.message;
}

function workflowNamed(environment: Environment, name: string): Workflow {
  const template = templateOf(environment);
  const workflow = name === template.createWorkflow ? null : workflowOf(template, name);
  if (workflow) return workflow;
  throw new Invalid(`The template ${template.name} has no workflow ${name} for an environment that exists.`, {
    code: 'unknown_workflow',
  });
}
