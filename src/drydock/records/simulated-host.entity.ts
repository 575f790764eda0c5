import { Column, Entity, PrimaryColumn } from 'typeorm';

/** A machine of the simulation: kept in the database, so that it survives a restart of ours as a real one does. */
@Entity('drydock_simulated_hosts')
export class SimulatedHostRecord {
  @PrimaryColumn({ type: 'text', primaryKeyConstraintName: 'drydock_simulated_hosts_pkey' })
  hostname: string;

  @Column({ type: 'text' })
  power: 'on' | 'off';

  @Column({ name: 'boot_device', type: 'text' })
  bootDevice: 'pxe' | 'hdd';

  /** Where it was before the act that is under way. */
  @Column({ name: 'status_before', type: 'text' })
  statusBefore: string;

  /** The act: commission, deploy or release. */
  @Column({ type: 'text', nullable: true })
  act: string | null;

  /** Who asked for the act: the same order twice is one act. */
  @Column({ name: 'order_id', type: 'text', nullable: true })
  orderId: string | null;

  @Column({ name: 'act_began_at', type: 'timestamptz', nullable: true })
  actBeganAt: Date | null;

  @Column({ name: 'act_ends_at', type: 'timestamptz', nullable: true })
  actEndsAt: Date | null;

  /** Why the act will fail; null: it will not. */
  @Column({ name: 'act_fails', type: 'text', nullable: true })
  actFails: string | null;

  /** Every act it was told to do, in order: what it was not told twice. */
  @Column({ type: 'jsonb', default: [] })
  history: string[];
}
