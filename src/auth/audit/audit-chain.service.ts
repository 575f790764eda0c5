import { Injectable } from '@nestjs/common';
import { InjectDataSource } from '@nestjs/typeorm';
import type { DataSource } from 'typeorm';
import { AUDIT_ROW, CHAIN_START, type ChainLink, type ChainProblem, checkLink, type SealedRow } from './audit-chain.js';
import { headOf } from './audit-sealer.service.js';

export interface ChainVerdict {
  readonly intact: boolean;
  /** Links that were looked at. */
  readonly checked: number;
  /** To be kept elsewhere, and given as the anchor next time: a chain that was cut at its end looks whole otherwise. */
  readonly head: ChainLink;
  /** Rows that are not in the chain yet. */
  readonly unsealed: number;
  /** The first hundred. */
  readonly problems: readonly ChainProblem[];
}

const PAGE = 2_000;
const MOST_PROBLEMS = 100;
/** The chain is a second behind; a row that is not in it for so long was never meant to be. */
const OVERDUE = `interval '10 minutes'`;

/** Reads the audit trail with its chain, from the first link to the last. */
@Injectable()
export class AuditChainService {
  constructor(@InjectDataSource() private readonly dataSource: DataSource) {}

  head(): Promise<ChainLink> {
    return headOf(this.dataSource);
  }

  /** Walks the whole chain. `anchor`: a head that was noted before; the chain must still go through it. */
  async verify(anchor: ChainLink | null = null): Promise<ChainVerdict> {
    const problems: ChainProblem[] = [];
    let previous = CHAIN_START;
    let checked = 0;
    let isAnchored = anchor === null || anchor.seq === 0;
    for await (const sealed of this.links()) {
      problems.push(...checkLink(previous, sealed));
      if (anchor !== null && sealed.seq === anchor.seq) isAnchored = sealed.hash === anchor.hash;
      previous = { seq: sealed.seq, hash: sealed.hash };
      checked += 1;
    }
    if (!isAnchored) problems.push(anchorProblem(anchor!, previous));
    const { unsealed, overdue } = await this.unsealed();
    if (overdue > 0) {
      const detail = `${overdue} audit rows have not been sealed for more than ten minutes`;
      problems.push({ fault: 'unsealed', seq: null, eventId: null, detail });
    }
    return {
      intact: problems.length === 0,
      checked,
      head: previous,
      unsealed,
      problems: problems.slice(0, MOST_PROBLEMS),
    };
  }

  /** Every link with its row, in order, a page in memory at a time. For the export as well. */
  async *links(afterSeq = 0): AsyncGenerator<SealedRow> {
    for (let after = afterSeq; ;) {
      const page = await this.dataSource.query<(SealedRow & { row: SealedRow['row'] })[]>(
        `select c.seq::float8 as seq, c.hash, c.event_id::text as "eventId",
           case when e.id is not null then to_jsonb(r) end as row
         from audit_chain c left join audit_events e on e.id = c.event_id
         left join lateral (select ${AUDIT_ROW}) r on true
         where c.seq > $1::bigint order by c.seq limit ${PAGE}`,
        [after],
      );
      yield* page;
      if (page.length < PAGE) return;
      after = page.at(-1)!.seq;
    }
  }

  private async unsealed(): Promise<{ unsealed: number; overdue: number }> {
    const [row] = await this.dataSource.query<{ unsealed: number; overdue: number }[]>(
      `select count(*)::integer as unsealed, count(*) filter (where e.at < now() - ${OVERDUE})::integer as overdue
       from audit_events e where not exists (select 1 from audit_chain c where c.event_id = e.id)`,
    );
    return row!;
  }
}

function anchorProblem(anchor: ChainLink, head: ChainLink): ChainProblem {
  const detail =
    anchor.seq > head.seq
      ? `The chain ends at ${head.seq}, before the link ${anchor.seq} that was noted: its end was cut off`
      : `The link ${anchor.seq} has not the hash that was noted: the chain was made anew`;
  return { fault: 'anchor', seq: anchor.seq, eventId: null, detail };
}
