import type { PageView } from '../../api/page.dto.js';
import type { PlanRunRow } from '../plan-runs.service.js';
import type { PlanTokenRow } from '../plan-tokens.service.js';
import type { Plan } from '../plan.entity.js';

export class PlanParameterView {
  name: string;
  pointer: string;
  required: boolean;
}

export class PlanView {
  id: number;
  name: string;
  description: string;
  request: Record<string, unknown>;
  parameters: PlanParameterView[];
  enabled: boolean;
  version: number;
  created_by: string;
  created_at: Date;
  updated_at: Date;
}

export class PlanPage implements PageView<PlanView> {
  items: PlanView[];
  next_cursor: string | null;
}

/** A batch that was started from a plan. */
export class PlanRunView {
  batch_id: string;
  plan: string;
  /** The plan as it was. */
  plan_version: number;
  schedule_id: number | null;
  created_at: Date;
}

export class PlanRunPage implements PageView<PlanRunView> {
  items: PlanRunView[];
  next_cursor: string | null;
}

export class StartedPlanView {
  batch_id: string;
  plan: string;
}

export class PlanTokenView {
  id: number;
  plan: string;
  owner: string;
  key_preview: string;
  description: string;
  expires_at: Date | null;
  allowed_ips: string[];
  created_at: Date;
  last_used_at: Date | null;
}

export class PlanTokenPage implements PageView<PlanTokenView> {
  items: PlanTokenView[];
  next_cursor: string | null;
}

export class MintedPlanTokenView extends PlanTokenView {
  /** Shown this once. */
  key: string;
}

export function toPlanView(plan: Plan): PlanView {
  return {
    id: plan.id,
    name: plan.name,
    description: plan.description,
    request: plan.request,
    parameters: plan.parameters.map(({ name, pointer, required }) => ({ name, pointer, required })),
    enabled: plan.enabled,
    version: plan.version,
    created_by: plan.createdByName,
    created_at: plan.createdAt,
    updated_at: plan.updatedAt,
  };
}

export function toPlanRunView(run: PlanRunRow): PlanRunView {
  return {
    batch_id: run.batchId,
    plan: run.planName,
    plan_version: run.planVersion,
    schedule_id: run.scheduleId,
    created_at: run.createdAt,
  };
}

export function toPlanTokenView(plan: string, token: PlanTokenRow): PlanTokenView {
  return {
    id: token.id,
    plan,
    owner: token.owner,
    key_preview: token.keyPreview,
    description: token.description,
    expires_at: token.expiresAt,
    allowed_ips: token.allowedIps,
    created_at: token.createdAt,
    last_used_at: token.lastUsedAt,
  };
}
