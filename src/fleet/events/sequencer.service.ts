import { type BeforeApplicationShutdown, Injectable, Logger } from '@nestjs/common';
import { Interval } from '@nestjs/schedule';
import { InjectDataSource } from '@nestjs/typeorm';
import type { DataSource, EntityManager } from 'typeorm';
import { takesTick } from '../../common/tick-lock.js';

const TICK_MS = 200;
/** Events of one transaction. */
const CHUNK = 5_000;

/** Delegated work is about the plain target. */
const MOVE = `
  with taken as (
    delete from event_outbox where id in (select id from event_outbox order by id limit $1) returning *),
  moved as (
    insert into events (at, type, dialect, batch_id, wave, job_id, target_kind, target_id, data)
    select t.at, t.type, coalesce(nullif(b.dialect, ''), split_part(b.kind, '.', 1), ''), t.batch_id, t.wave, t.job_id,
      regexp_replace(t.target_kind, '^fleet/', ''), t.target_id, t.data
    from taken t left join batches b on b.id = t.batch_id order by t.id
    returning seq)
  select count(*)::integer as count from moved`;

/**
 * Gives what was committed its place in the log. Ids are given when a change is made and seen when it is committed, so a
 * reader of ids would miss those that are committed late; whoever reads by `seq` does not, because one process at a time
 * gives them out, to committed rows only. Two changes of the same batch or job are in the order they were made: the
 * second had to wait for the first one's row.
 *
 * Nobody is notified by the writers: PostgreSQL would have every commit that does wait for every other.
 */
@Injectable()
export class SequencerService implements BeforeApplicationShutdown {
  private readonly logger = new Logger(SequencerService.name);
  private readonly listeners = new Set<() => void>();
  private running: Promise<void> | null = null;
  private isStopping = false;
  /** By this process, since its start. */
  sequenced = 0;

  constructor(@InjectDataSource() private readonly dataSource: DataSource) {}

  /** Is called after this process sequenced something. Another process's work is found by looking at the log. */
  onSequenced(listener: () => void): void {
    this.listeners.add(listener);
  }

  @Interval(TICK_MS)
  tick(): void {
    if (this.isStopping) return;
    this.running ??= this.sequenceAll()
      .then(() => undefined)
      // The next tick is soon, and nothing is lost meanwhile.
      .catch((error: unknown) => this.logger.debug(`sequencing: ${String(error)}`))
      .finally(() => (this.running = null));
  }

  async beforeApplicationShutdown(): Promise<void> {
    this.isStopping = true;
    await this.running;
  }

  /** Until nothing is left, or another process is at it. Returns how many. */
  async sequenceAll(): Promise<number> {
    let total = 0;
    for (let count = CHUNK; count === CHUNK && !this.isStopping; total += count) {
      if (!(await this.hasWork())) break;
      count = await this.dataSource.transaction((tx) => sequence(tx));
      this.sequenced += count;
      if (count > 0) for (const listener of this.listeners) listener();
    }
    return total;
  }

  private async hasWork(): Promise<boolean> {
    const [row] = await this.dataSource.query<{ some: boolean }[]>(
      'select exists (select 1 from event_outbox) as some',
    );
    return row!.some;
  }
}

async function sequence(tx: EntityManager): Promise<number> {
  if (!(await takesTick(tx, 'events'))) return 0;
  // A statement of its own: its snapshot is taken after the lock, so it sees all that was sequenced before.
  const [moved] = await tx.query<{ count: number }[]>(MOVE, [CHUNK]);
  return moved!.count;
}
