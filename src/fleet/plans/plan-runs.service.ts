import { Injectable } from '@nestjs/common';
import { DataSource, type EntityManager } from 'typeorm';
import type { Principal } from '../../auth/principal.js';
import { Conflict } from '../../common/errors.js';
import { once, repeated, type IdempotentRequest } from '../../http/idempotency/idempotency.js';
import { readBatchRequest } from '../batches/batch-request.js';
import type { BatchTimes } from '../batches/batch-rules.js';
import { FleetBatches } from '../batches/fleet-batches.service.js';
import type { PreparedBatch } from '../batches/prepared-batch.js';
import { Conditions } from '../paging/conditions.js';
import { listPage, type ListOrder } from '../paging/list-page.js';
import type { Page, PageWish } from '../paging/page.js';
import { filledRequest, type ParameterValues } from './plan-parameters.js';
import { PlanRun } from './plan-run.entity.js';
import type { Plan } from './plan.entity.js';
import { PlansService } from './plans.service.js';

/** A plan with its parameters filled in and everything looked up; nothing of it is stored yet. */
export interface PreparedRun {
  readonly plan: Plan;
  readonly batch: PreparedBatch;
}

export interface StartedRun {
  readonly batchId: string;
}

const ORDER: ListOrder = {
  list: 'plan-runs',
  direction: 'desc',
  keys: [
    { column: 'r.created_at', type: 'timestamptz' },
    { column: 'r.batch_id', type: 'uuid' },
  ],
};
const COLUMNS = `r.batch_id as "batchId", r.plan_name as "planName", r.plan_version as "planVersion",
  r.schedule_id as "scheduleId", r.created_at as "createdAt"`;

export type PlanRunRow = Pick<PlanRun, 'batchId' | 'planName' | 'planVersion' | 'scheduleId' | 'createdAt'>;

/** Starts plans: for people and their tokens, for schedules and for hooks. */
@Injectable()
export class PlanRunsService {
  constructor(
    private readonly dataSource: DataSource,
    private readonly plans: PlansService,
    private readonly batches: FleetBatches,
  ) {}

  async list(name: string, wish: PageWish): Promise<Page<PlanRunRow>> {
    const { id } = await this.plans.get(name);
    const where = new Conditions().add((p) => `r.plan_id = ${p(id)}`);
    return listPage(this.dataSource, { order: ORDER, columns: COLUMNS, from: 'plan_runs r', where, wish });
  }

  /** Reads only, and outside any transaction of the caller's. Throws what speaks against it. */
  async prepare(principal: Principal, name: string, parameters: ParameterValues): Promise<PreparedRun> {
    const plan = await this.plans.get(name);
    if (!plan.enabled) throw new Conflict(`The plan ${name} is switched off.`, { code: 'plan_disabled' });
    const request = readBatchRequest({
      name: plan.name,
      ...filledRequest(plan.request, plan.parameters, parameters),
    });
    return { plan, batch: await this.batches.prepare(this.dataSource, principal, request) };
  }

  /** Part of the caller's transaction. `times` where it is not to start now. */
  async submit(
    tx: EntityManager,
    principal: Principal,
    { plan, batch }: PreparedRun,
    how: { readonly times?: BatchTimes; readonly scheduleId?: number } = {},
  ): Promise<StartedRun> {
    const { id } = await this.batches.submit(tx, principal, batch, how.times);
    await tx.insert(PlanRun, {
      batchId: id,
      planId: plan.id,
      planName: plan.name,
      planVersion: plan.version,
      tokenId: principal.plan === undefined ? null : principal.tokenId,
      scheduleId: how.scheduleId ?? null,
    });
    return { batchId: id };
  }

  /** The whole of it, once for an `Idempotency-Key`. */
  async start(
    principal: Principal,
    name: string,
    parameters: ParameterValues,
    repeat: IdempotentRequest | null,
  ): Promise<StartedRun> {
    const answered = await repeated<StartedRun>(this.dataSource, repeat);
    if (answered) return answered;
    const run = await this.prepare(principal, name, parameters);
    return this.dataSource.transaction((tx) => once(tx, repeat, () => this.submit(tx, principal, run)));
  }
}
