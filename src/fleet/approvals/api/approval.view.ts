import type { ApprovalState, CountedApproval } from '../approvals.service.js';

export class ApprovalView {
  by: string;
  at: Date;
  comment: string;
  /** What it was given to. */
  digest: string;
  expires_at: Date | null;
  /** `counts`, or why it does not: `void` (the batch is another now), `expired`, `revoked`. */
  state: string;
}

export class ApprovalsView {
  batch_id: string;
  version: number;
  needed: number;
  /** How many people say yes to what the batch is now. */
  given: number;
  /** Of its targets, their versions, its gates and its calendar as they are. */
  digest: string;
  expires_at: string | null;
  approved_at: Date | null;
  items: ApprovalView[];
}

export function toApprovalsView(state: ApprovalState): ApprovalsView {
  return {
    batch_id: state.batchId,
    version: state.version,
    needed: state.needed,
    given: state.given,
    digest: state.digest,
    expires_at: state.expiresAt,
    approved_at: state.approvedAt,
    items: state.approvals.map(toApprovalView),
  };
}

function toApprovalView(approval: CountedApproval): ApprovalView {
  return {
    by: approval.approverName,
    at: approval.at,
    comment: approval.comment,
    digest: approval.digest,
    expires_at: approval.expiresAt,
    state: approval.validity,
  };
}
