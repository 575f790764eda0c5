import { Injectable } from '@nestjs/common';
import { DataSource, type EntityManager, type QueryDeepPartialEntity } from 'typeorm';
import { Invalid } from '../../common/errors.js';
import type { Principal } from '../../auth/principal.js';
import { defined } from '../../common/fields/defined.js';
import { AuditedRows, type RowKind, type Wish } from '../audited-rows.js';
import { doesNotExist } from '../drf/field-rules.js';
import { listPage, type Listing } from '../drf/listing.js';
import type { PageRequest, QueryValues } from '../drf/page.js';
import { notFound } from '../drf/refusals.js';
import { alreadyExists, wordingConstraints } from '../drf/unique.js';
import { WorkflowStep } from './workflow-step.entity.js';
import { Workflow } from './workflow.entity.js';

const WORKFLOW: RowKind<Workflow> = { entity: Workflow, type: 'workflow', label: (workflow) => workflow.name };
const STEP: RowKind<WorkflowStep> = { entity: WorkflowStep, type: 'workflow_step', label: (step) => step.name };

const WORKFLOWS: Listing = {
  search: ['w.name', 'w.description'],
  ordering: { id: 'w.id', name: 'w.name', created_at: 'w.createdAt', updated_at: 'w.updatedAt' },
  defaultOrder: 'w.id',
  tieBreaker: 'w.id',
  filters: { name: { kind: 'text', column: 'w.name' }, is_default: { kind: 'boolean', column: 'w.isDefault' } },
};

const STEPS: Listing = {
  search: ['s.name'],
  ordering: { id: 's.id', name: 's.name', order: 's.order', workflow: 's.workflowId' },
  defaultOrder: 's.workflowId',
  tieBreaker: 's.id',
  filters: { workflow: { kind: 'integer', column: 's.workflowId' }, step_type: { kind: 'text', column: 's.stepType' } },
};

const LAST_WORKFLOW = 'Cannot delete the last remaining workflow. At least one workflow is required.';
const WORDS = { workflows_name_key: alreadyExists('workflow', 'name') };

export type StepWish = Omit<WorkflowStep, 'id' | 'workflowId'>;

/** Workflows and their steps. Jobs have copies: nothing here touches one that was made. */
@Injectable()
export class WorkflowsService {
  constructor(
    private readonly dataSource: DataSource,
    private readonly rows: AuditedRows,
  ) {}

  list(query: QueryValues): Promise<{ page: PageRequest; count: number; rows: Workflow[] }> {
    return listPage(this.dataSource.createQueryBuilder(Workflow, 'w'), WORKFLOWS, query);
  }

  listSteps(query: QueryValues): Promise<{ page: PageRequest; count: number; rows: WorkflowStep[] }> {
    return listPage(this.dataSource.createQueryBuilder(WorkflowStep, 's'), STEPS, query);
  }

  async get(id: number): Promise<Workflow> {
    const workflow = await this.dataSource.manager.findOneBy(Workflow, { id });
    if (workflow === null) throw notFound(`workflow ${id} does not exist`);
    return workflow;
  }

  async getStep(id: number): Promise<WorkflowStep> {
    const step = await this.dataSource.manager.findOneBy(WorkflowStep, { id });
    if (step === null) throw notFound(`workflow step ${id} does not exist`);
    return step;
  }

  create(principal: Principal, wish: Wish<Workflow>, steps: readonly StepWish[]): Promise<Workflow> {
    return wordingConstraints(WORDS, () =>
      this.dataSource.transaction(async (tx) => {
        await lockAll(tx);
        if (wish.isDefault) await clearDefault(tx);
        const workflow = await this.rows.insert(tx, principal, WORKFLOW, wish);
        if (steps.length > 0) await this.writeSteps(tx, principal, workflow, steps);
        return workflow;
      }),
    );
  }

  update(principal: Principal, id: number, wish: Wish<Workflow>): Promise<Workflow> {
    return wordingConstraints(WORDS, () =>
      this.dataSource.transaction(async (tx) => {
        await lockAll(tx);
        if (wish.isDefault) await clearDefault(tx, id);
        return this.rows.update(tx, principal, WORKFLOW, id, { ...wish, updatedAt: new Date() });
      }),
    );
  }

  setDefault(principal: Principal, id: number): Promise<Workflow> {
    return this.update(principal, id, { isDefault: true });
  }

  /** The last one stays: without a workflow nothing could be upgraded. */
  async remove(principal: Principal, id: number): Promise<void> {
    await this.dataSource.transaction(async (tx) => {
      const remaining = await lockAll(tx);
      if (remaining.includes(id) && remaining.length === 1) {
        throw new Invalid(LAST_WORKFLOW, { body: { error: LAST_WORKFLOW } });
      }
      await this.rows.remove(tx, principal, WORKFLOW, id);
    });
  }

  /** Replaces all steps of a workflow. */
  async replaceSteps(principal: Principal, id: number, steps: readonly StepWish[]): Promise<void> {
    await this.dataSource.transaction(async (tx) => {
      await this.writeSteps(tx, principal, await this.rows.lock(tx, WORKFLOW, id), steps);
      await tx.update(Workflow, id, { updatedAt: new Date() });
    });
  }

  saveStep(principal: Principal, id: number | null, wish: Wish<WorkflowStep>): Promise<WorkflowStep> {
    const words = { workflow_steps_workflow_id_fkey: { workflow: [doesNotExist(wish.workflowId ?? 0)] } };
    return wordingConstraints(words, () =>
      this.dataSource.transaction((tx) =>
        id === null
          ? this.rows.insert(tx, principal, STEP, { order: 1, ...defined(wish) })
          : this.rows.update(tx, principal, STEP, id, wish),
      ),
    );
  }

  async removeStep(principal: Principal, id: number): Promise<void> {
    await this.dataSource.transaction((tx) => this.rows.remove(tx, principal, STEP, id));
  }

  private async writeSteps(
    tx: EntityManager,
    principal: Principal,
    workflow: Workflow,
    steps: readonly StepWish[],
  ): Promise<void> {
    const before = await tx.findBy(WorkflowStep, { workflowId: workflow.id });
    await tx.delete(WorkflowStep, { workflowId: workflow.id });
    await tx.insert(
      WorkflowStep,
      steps.map((step) => ({ ...step, workflowId: workflow.id }) as QueryDeepPartialEntity<WorkflowStep>),
    );
    const change = { row: workflow, before: { steps: before.map(withoutIds) }, after: { steps } };
    await this.rows.record(tx, principal, WORKFLOW, 'update_steps', change);
  }
}

function withoutIds({ name, stepType, order, config }: WorkflowStep): StepWish {
  return { name, stepType, order, config };
}

/** Which is the default, and which is the last, is decided by one request at a time. */
async function lockAll(tx: EntityManager): Promise<number[]> {
  const rows = await tx.query<{ id: number }[]>('select id from workflows order by id for update');
  return rows.map((row) => row.id);
}

async function clearDefault(tx: EntityManager, except = 0): Promise<void> {
  await tx.query('update workflows set is_default = false where is_default and id <> $1', [except]);
}
