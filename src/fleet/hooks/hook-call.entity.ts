import { Check, Column, Entity, Index, JoinColumn, ManyToOne, PrimaryGeneratedColumn } from 'typeorm';
import { Hook } from './hook.entity.js';

/** `ignored`: the mapping's conditions do not hold. `refused`: the plan could not be started, and why is said. */
export type HookOutcome = 'started' | 'ignored' | 'refused';

/**
 * The calls that may be forgotten: what came of them started nothing, or the time that is signed with it is long over. A
 * body or a key without a time counts once for ever: if its row went, it could be sent again.
 */
export const PAST_CALLS = `delivery is null or delivery like 'id:%' or delivery like 'signature:%'`;

/**
 * A call of a hook whose signature was right, and what came of it. The unique index is the replay protection: what has
 * started a batch once gets the first answer again and starts nothing.
 */
@Entity('hook_calls')
@Check('hook_calls_outcome_check', `outcome in ('started', 'ignored', 'refused')`)
@Index('hook_calls_once', ['hookId', 'delivery'], { unique: true })
@Index('hook_calls_by_hook', ['hookId', 'id'])
@Index('hook_calls_past', ['at'], { where: PAST_CALLS })
export class HookCall {
  @PrimaryGeneratedColumn('identity', {
    type: 'bigint',
    generatedIdentity: 'BY DEFAULT',
    primaryKeyConstraintName: 'hook_calls_pkey',
  })
  id: string;

  @Column({ name: 'hook_id', type: 'uuid' })
  hookId: string;

  @ManyToOne(() => Hook, { onDelete: 'CASCADE' })
  @JoinColumn({ name: 'hook_id', foreignKeyConstraintName: 'hook_calls_hook_id_fkey' })
  hook?: Hook;

  /** Of calls that started something: what was signed, the same for a repetition, whatever its unsigned headers say. */
  @Column({ type: 'text', nullable: true })
  delivery: string | null;

  @Column({ type: 'text' })
  outcome: HookOutcome;

  @Column({ type: 'text', nullable: true })
  reason: string | null;

  @Column({ name: 'batch_id', type: 'uuid', nullable: true })
  batchId: string | null;

  @Column({ type: 'timestamptz', default: () => 'now()' })
  at: Date;
}
