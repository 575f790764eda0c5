import { type BeforeApplicationShutdown, Injectable, Logger } from '@nestjs/common';
import { Interval } from '@nestjs/schedule';
import { InjectDataSource } from '@nestjs/typeorm';
import type { DataSource, EntityManager } from 'typeorm';
import { takesTick } from '../../common/tick-lock.js';
import { AUDIT_ROW, type AuditRow, CHAIN_START, type ChainLink, nextLink } from './audit-chain.js';

const TICK_MS = 1_000;
const CHUNK = 1_000;
/** No transaction is open for so long: a row with a lower id than one sealed before that has come by now. */
const LATECOMERS_MS = 5 * 60_000;

/**
 * Appends the rows of the audit trail to its chain, in the order of their ids as far as they are committed. Whoever writes
 * the trail waits for nobody; the chain is a second behind.
 */
@Injectable()
export class AuditSealerService implements BeforeApplicationShutdown {
  private readonly logger = new Logger(AuditSealerService.name);
  private running: Promise<void> | null = null;
  private isStopping = false;
  /** All rows up to here are sealed; what is looked through does not grow with the trail. */
  private floor = '0';
  private mark = { eventId: '0', at: 0 };

  constructor(@InjectDataSource() private readonly dataSource: DataSource) {}

  @Interval(TICK_MS)
  tick(): void {
    if (this.isStopping) return;
    this.running ??= this.sealAll()
      .then(() => undefined)
      .catch((error: unknown) => this.logger.debug(`sealing the audit trail: ${String(error)}`))
      .finally(() => (this.running = null));
  }

  async beforeApplicationShutdown(): Promise<void> {
    this.isStopping = true;
    await this.running;
  }

  /** Until nothing is left, or another process is at it. Returns how many. */
  async sealAll(): Promise<number> {
    let total = 0;
    for (let count = CHUNK; count === CHUNK && !this.isStopping; total += count) {
      count = await this.dataSource.transaction((tx) => this.seal(tx));
    }
    return total;
  }

  private async seal(tx: EntityManager): Promise<number> {
    if (!(await takesTick(tx, 'audit chain'))) return 0;
    const rows = await tx.query<AuditRow[]>(
      `select ${AUDIT_ROW} from audit_events e
       where e.id > $1::bigint and not exists (select 1 from audit_chain c where c.event_id = e.id)
       order by e.id limit ${CHUNK}`,
      [this.floor],
    );
    if (rows.length > 0) await appendLinks(tx, rows);
    if (rows.length < CHUNK) await this.raiseFloor(tx);
    return rows.length;
  }

  private async raiseFloor(tx: EntityManager): Promise<void> {
    if (Date.now() - this.mark.at < LATECOMERS_MS) return;
    const [last] = await tx.query<{ id: string }[]>('select coalesce(max(event_id), 0)::text as id from audit_chain');
    this.floor = this.mark.eventId;
    this.mark = { eventId: last!.id, at: Date.now() };
  }
}

async function appendLinks(tx: EntityManager, rows: readonly AuditRow[]): Promise<void> {
  let link = await headOf(tx);
  const links = rows.map((row) => {
    link = nextLink(link, row);
    return { ...link, event_id: row.id };
  });
  await tx.query(
    `insert into audit_chain (seq, event_id, hash)
     select seq, event_id, hash from jsonb_to_recordset($1::jsonb) as link(seq bigint, event_id bigint, hash text)`,
    [JSON.stringify(links)],
  );
}

export async function headOf(sql: Pick<EntityManager, 'query'>): Promise<ChainLink> {
  const [head] = await sql.query<ChainLink[]>(
    'select seq::float8 as seq, hash from audit_chain order by audit_chain.seq desc limit 1',
  );
  return head ?? CHAIN_START;
}
