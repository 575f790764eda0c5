import type { HookCall, HookOutcome } from '../hook-call.entity.js';
import type { HookAnswer } from '../hook-calls.service.js';
import type { Hook } from '../hook.entity.js';

export class HookMappingView {
  events: string[];
  when: Record<string, unknown>[];
  parameters: Record<string, unknown>;
}

/** Its secret is in no answer. */
export class HookView {
  id: string;
  name: string;
  kind: string;
  /** Where the other system has to send its calls, below this server's address. */
  path: string;
  plan: string;
  mapping: HookMappingView;
  enabled: boolean;
  /** Under whose rights it starts the plan: who saved it last. */
  owner: string;
  version: number;
  created_at: Date;
  updated_at: Date;
}

export class HookPage {
  items: HookView[];
  next_cursor: string | null;
}

export class HookCallView {
  id: string;
  outcome: HookOutcome;
  reason: string | null;
  batch_id: string | null;
  at: Date;
}

export class HookCallPage {
  items: HookCallView[];
  next_cursor: string | null;
}

/** What came of a call. */
export class HookAnswerView {
  outcome: HookOutcome;
  /** What was started. */
  batch_id: string | null;
  /** Why nothing was. */
  reason: string | null;
  /** This call was answered before; nothing was started now. */
  repeated: boolean;
}

export function toHookView(hook: Hook): HookView {
  return {
    id: hook.id,
    name: hook.name,
    kind: hook.kind,
    path: `/fleet/v1/hooks/${hook.id}`,
    plan: hook.planName,
    mapping: {
      events: [...hook.mapping.events],
      when: hook.mapping.when.map(({ oneOf, startsWith, ...rest }) => ({
        ...rest,
        ...(oneOf && { one_of: oneOf }),
        ...(startsWith !== undefined && { starts_with: startsWith }),
      })),
      parameters: Object.fromEntries(
        Object.entries(hook.mapping.parameters).map(([name, { stripPrefix, ...rest }]) => [
          name,
          stripPrefix === undefined ? rest : { ...rest, strip_prefix: stripPrefix },
        ]),
      ),
    },
    enabled: hook.enabled,
    owner: hook.ownerName,
    version: hook.version,
    created_at: hook.createdAt,
    updated_at: hook.updatedAt,
  };
}

export function toHookCallView({ id, outcome, reason, batchId, at }: HookCall): HookCallView {
  return { id, outcome, reason, batch_id: batchId, at };
}

export function toHookAnswerView({ outcome, batchId, reason, repeated }: HookAnswer): HookAnswerView {
  return { outcome, batch_id: batchId, reason, repeated };
}
