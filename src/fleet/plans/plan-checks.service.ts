import { Injectable } from '@nestjs/common';
import { Invalid } from '../../common/errors.js';
import { type FieldProblem, invalidFields } from '../../common/fields/read-fields.js';
import type { Sql } from '../../orchestration/sql.js';
import { TargetKinds } from '../../orchestration/targets/target-kinds.js';
import { type BatchRequest, readBatchRequest } from '../batches/batch-request.js';
import { requestedAction, requestedKind, requestedParameters } from '../batches/requested-action.js';
import { toWaveWish } from '../batches/wave-fields.js';
import { isLeftOpen, type PlanParameter, pointerParts } from './plan-parameters.js';
import { type AskedByPlan, PlanSecrets } from './plan-secrets.service.js';

/**
 * What is wrong with a plan is said to whoever stores it, not to the schedule that starts it at night. What a run may
 * still say is judged when it is said.
 */
@Injectable()
export class PlanChecks {
  constructor(
    private readonly kinds: TargetKinds,
    private readonly secrets: PlanSecrets,
  ) {}

  /** Throws `Invalid`, pointing into the plan, or what its action says of a secret in it. */
  async assertStorable(sql: Sql, plan: AskedByPlan): Promise<void> {
    const problems = [...this.requestProblems(plan), ...momentProblems(plan), ...parameterProblems(plan)];
    if (problems.length > 0) throw invalidFields(problems);
    await this.secrets.refuse(sql, plan);
  }

  /** What the API would say of it. */
  private requestProblems({ request, parameters }: AskedByPlan): FieldProblem[] {
    try {
      this.assertRunnable(readBatchRequest(request), parameters);
      return [];
    } catch (error) {
      if (!(error instanceof Invalid)) throw error;
      const problems = (error.details['errors'] ?? [{ detail: error.message }]) as readonly FieldProblem[];
      return problems.map(({ pointer, detail }) => ({ pointer: `/request${pointer ?? ''}`, detail }));
    }
  }

  private assertRunnable(request: BatchRequest, parameters: readonly PlanParameter[]): void {
    const isWithinOpen = (place: string) => parameters.some(({ pointer }) => `${pointer}/`.startsWith(`${place}/`));
    if (!isWithinOpen('/waves')) toWaveWish(request.waves);
    if (isLeftOpen(parameters, '/targets', '/targets/kind')) return;
    const kind = requestedKind(this.kinds, request);
    if (isLeftOpen(parameters, '/action')) return;
    const action = requestedAction(kind, request);
    if (!isWithinOpen('/parameters')) requestedParameters(action, request);
  }
}

function momentProblems({ request }: AskedByPlan): FieldProblem[] {
  const moments = ['scheduled_for', 'deadline'].filter((field) => Object.hasOwn(request, field));
  return moments.map((field) => ({
    pointer: `/request/${field}`,
    detail: 'is a moment; a plan runs again and again',
  }));
}

function parameterProblems({ parameters }: AskedByPlan): FieldProblem[] {
  const names = parameters.map(({ name }) => name);
  return parameters.flatMap(({ name, pointer }, index) => {
    const problems: FieldProblem[] = [];
    if (names.indexOf(name) !== index)
      problems.push({ pointer: `/parameters/${index}/name`, detail: 'is there twice' });
    if (pointerParts(pointer) === null) {
      problems.push({ pointer: `/parameters/${index}/pointer`, detail: 'must be a JSON Pointer such as /targets/ids' });
    }
    return problems;
  });
}
