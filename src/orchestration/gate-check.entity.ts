import { Column, Entity, PrimaryColumn } from 'typeorm';

/** The last thing somebody outside said about a wave: a monitoring system, a pipeline, a person. */
@Entity('gate_checks')
export class GateCheck {
  @PrimaryColumn({ name: 'batch_id', type: 'uuid', primaryKeyConstraintName: 'gate_checks_pkey' })
  batchId: string;

  @PrimaryColumn({ type: 'integer', primaryKeyConstraintName: 'gate_checks_pkey' })
  wave: number;

  /** One of the names that the wave's gate asks for. */
  @PrimaryColumn({ type: 'text', primaryKeyConstraintName: 'gate_checks_pkey' })
  name: string;

  @Column({ type: 'boolean' })
  passed: boolean;

  @Column({ type: 'text', default: '' })
  message: string;

  @Column({ name: 'reported_by', type: 'text' })
  reportedBy: string;

  @Column({ type: 'timestamptz', default: () => 'now()' })
  at: Date;
}
