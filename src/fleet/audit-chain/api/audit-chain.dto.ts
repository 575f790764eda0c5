import { IsOptional, Matches } from 'class-validator';
import { CHAIN_START, type ChainLink } from '../../../auth/audit/audit-chain.js';

export class VerificationQuery {
  /** A head that was noted before, as `seq:hash`. */
  @IsOptional()
  @Matches(/^\d{1,15}:[0-9a-f]{64}$/, { message: 'anchor must be seq:hash, as a head was shown' })
  anchor?: string;
}

export function anchorOf({ anchor }: VerificationQuery): ChainLink | null {
  if (anchor === undefined) return null;
  const [seq = '0', hash = CHAIN_START.hash] = anchor.split(':');
  return { seq: Number(seq), hash };
}
