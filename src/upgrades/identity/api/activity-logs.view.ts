import type { AuditEvent } from '../../../auth/audit/audit-event.entity.js';

/** One audit event as spec upgrade section 2 has it. */
export interface ActivityLogView {
  readonly id: number;
  readonly user: number | null;
  readonly user_name: string;
  readonly action: string;
  readonly action_display: string;
  readonly content_type: string;
  readonly object_id: string;
  readonly object_repr: string;
  readonly changes: Readonly<Record<string, { readonly old: unknown; readonly new: unknown }>>;
  readonly ip_address: string | null;
  readonly user_agent: string;
  readonly source: string;
  readonly timestamp: string;
}

export function toActivityLogView(event: AuditEvent): ActivityLogView {
  const words = event.action.replaceAll('_', ' ');
  return {
    id: Number(event.id),
    user: event.userId,
    user_name: event.userName,
    action: event.action,
    action_display: `${words.charAt(0).toUpperCase()}${words.slice(1)}`,
    content_type: event.objectType,
    object_id: event.objectId,
    object_repr: event.objectRepr,
    changes: changesOf(event),
    ip_address: event.address === '' ? null : event.address,
    user_agent: event.userAgent,
    source: event.source,
    timestamp: event.at.toISOString(),
  };
}

function changesOf({ before, after }: AuditEvent): ActivityLogView['changes'] {
  const fields = [...new Set([...Object.keys(before ?? {}), ...Object.keys(after ?? {})])];
  return Object.fromEntries(
    fields.map((field) => [field, { old: before?.[field] ?? null, new: after?.[field] ?? null }]),
  );
}
