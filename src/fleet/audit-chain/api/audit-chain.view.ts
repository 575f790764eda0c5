import type { ChainLink } from '../../../auth/audit/audit-chain.js';
import type { ChainVerdict } from '../../../auth/audit/audit-chain.service.js';

export class ChainHeadView {
  seq: number;
  hash: string;
  /** Both, as `anchor` takes them. */
  anchor: string;
}

export class ChainProblemView {
  fault: string;
  seq: number | null;
  audit_id: string | null;
  detail: string;
}

export class ChainVerdictView {
  intact: boolean;
  checked: number;
  head: ChainHeadView;
  unsealed: number;
  problems: ChainProblemView[];
}

export function toHeadView({ seq, hash }: ChainLink): ChainHeadView {
  return { seq, hash, anchor: `${seq}:${hash}` };
}

export function toVerdictView(verdict: ChainVerdict): ChainVerdictView {
  return {
    intact: verdict.intact,
    checked: verdict.checked,
    head: toHeadView(verdict.head),
    unsealed: verdict.unsealed,
    problems: verdict.problems.map(({ fault, seq, eventId, detail }) => ({ fault, seq, audit_id: eventId, detail })),
  };
}
