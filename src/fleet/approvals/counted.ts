/** What the counting of approvals has to know of one. */
export interface GivenApproval {
  readonly approver: string;
  readonly digest: string;
  readonly expiresAt: Date | null;
  readonly revokedAt: Date | null;
}

export type Validity = 'counts' | 'revoked' | 'expired' | 'void';

/** A yes is to one digest: to these targets in these versions, these gates, this calendar. Pure. */
export function validityOf(approval: GivenApproval, digest: string, now: Date): Validity {
  if (approval.revokedAt !== null) return 'revoked';
  if (approval.digest !== digest) return 'void';
  if (approval.expiresAt !== null && approval.expiresAt <= now) return 'expired';
  return 'counts';
}

/** How many people say yes; one person once. */
export function countOf(approvals: readonly GivenApproval[], digest: string, now: Date): number {
  const counting = approvals.filter((approval) => validityOf(approval, digest, now) === 'counts');
  return new Set(counting.map(({ approver }) => approver)).size;
}
