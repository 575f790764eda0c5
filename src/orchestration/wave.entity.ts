import { Column, Entity, PrimaryColumn } from 'typeorm';
import type { GateSpec, GateVerdict, WaveTally } from './gate.js';
import type { WaveStatus } from './states.js';

/** The part of a batch that may run at the same time. It opens when the wave before it is done. */
@Entity('waves')
export class Wave {
  @PrimaryColumn({ name: 'batch_id', type: 'uuid', primaryKeyConstraintName: 'waves_pkey' })
  batchId: string;

  /** From 0. */
  @PrimaryColumn({ type: 'integer', primaryKeyConstraintName: 'waves_pkey' })
  ordinal: number;

  @Column({ type: 'text' })
  status: WaveStatus;

  @Column({ name: 'opened_at', type: 'timestamptz', nullable: true })
  openedAt: Date | null;

  @Column({ name: 'finished_at', type: 'timestamptz', nullable: true })
  finishedAt: Date | null;

  /** What people call it: `canary`, a site, a tag. */
  @Column({ type: 'text', default: '' })
  label: string;

  /** How many jobs it was planned with; null for waves of old batches. */
  @Column({ name: 'jobs_total', type: 'integer', nullable: true })
  jobsTotal: number | null;

  /** What must hold before the next wave opens; null: nothing but that its jobs have ended. */
  @Column({ type: 'jsonb', nullable: true })
  gate: GateSpec | null;

  /** What the gate said last, and why. */
  @Column({ name: 'gate_verdict', type: 'text', nullable: true })
  gateVerdict: GateVerdict | null;

  @Column({ name: 'gate_reason', type: 'text', nullable: true })
  gateReason: string | null;

  /** When the gate is asked again by itself. */
  @Column({ name: 'gate_look_at', type: 'timestamptz', nullable: true })
  gateLookAt: Date | null;

  /** Who let the batch go on although the gate said no. */
  @Column({ name: 'gate_overridden_by', type: 'text', nullable: true })
  gateOverriddenBy: string | null;

  /** When the last of its jobs ended: a soak counts from here. Only where there is a gate. */
  @Column({ name: 'jobs_ended_at', type: 'timestamptz', nullable: true })
  jobsEndedAt: Date | null;

  /** How its jobs ended, counted once, when the last of them had. Only where there is a gate. */
  @Column({ type: 'jsonb', nullable: true })
  tally: WaveTally | null;
}
