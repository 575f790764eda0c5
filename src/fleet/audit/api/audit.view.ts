import type { PageView } from '../../api/page.dto.js';
import type { AuditRow } from '../audit-reads.service.js';

export class AuditRecordView {
  id: string;
  at: Date;
  user_id: number | null;
  user_name: string;
  address: string;
  user_agent: string;
  source: string;
  action: string;
  object_type: string;
  object_id: string;
  object_repr: string;
  before: Record<string, unknown> | null;
  after: Record<string, unknown> | null;
}

export class AuditPage implements PageView<AuditRecordView> {
  items: AuditRecordView[];
  next_cursor: string | null;
}

export function toAuditRecordView(row: AuditRow): AuditRecordView {
  return {
    id: row.id,
    at: row.at,
    user_id: row.userId,
    user_name: row.userName,
    address: row.address,
    user_agent: row.userAgent,
    source: row.source,
    action: row.action,
    object_type: row.objectType,
    object_id: row.objectId,
    object_repr: row.objectRepr,
    before: row.before,
    after: row.after,
  };
}
