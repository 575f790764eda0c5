import { Injectable } from '@nestjs/common';
import type { Sql } from '../../orchestration/sql.js';
import { type TargetAction, TargetKinds } from '../../orchestration/targets/target-kinds.js';
import { filledRequest, isLeftOpen, type ParameterValues } from './plan-parameters.js';
import type { Plan } from './plan.entity.js';

export type AskedByPlan = Pick<Plan, 'request' | 'parameters'>;

/** Keeps secrets out of what is stored of plans: everybody who may look sees a plan's request. */
@Injectable()
export class PlanSecrets {
  constructor(private readonly kinds: TargetKinds) {}

  /** Throws what the action says of it. `constants`: what a hook will always say when it starts the plan. */
  async refuse(sql: Sql, { request, parameters }: AskedByPlan, constants: ParameterValues = {}): Promise<void> {
    const said = parameters
      .filter(({ name }) => Object.hasOwn(constants, name))
      .map((parameter) => ({ ...parameter, required: false }));
    const values = Object.fromEntries(said.map(({ name }) => [name, constants[name]]));
    const asked = filledRequest(request, said, values);
    const given = asked['parameters'];
    if (typeof given !== 'object' || given === null) return;
    for (const action of this.actionsOf(asked, parameters)) await action.refuseSecrets?.(sql, { ...given });
  }

  /** Where a run may say what is to be done to which kind, it may be anything. */
  private actionsOf(asked: Record<string, unknown>, parameters: Plan['parameters']): TargetAction[] {
    const isOpen = isLeftOpen(parameters, '/targets', '/targets/kind', '/action');
    const { kind } = (asked['targets'] ?? {}) as { kind?: unknown };
    return this.kinds.all().flatMap(({ kind: name, actions }) =>
      Object.entries(actions)
        .filter(([action]) => isOpen || (name === kind && action === asked['action']))
        .map(([, action]) => action),
    );
  }
}
