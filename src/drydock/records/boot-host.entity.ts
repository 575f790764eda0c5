import { Column, Entity, PrimaryColumn } from 'typeorm';

/** A node as `GET /nodes` shows it: what its driver found, in the words of MAAS. */
@Entity('drydock_nodes')
export class BootHostRecord {
  @PrimaryColumn({ type: 'text', primaryKeyConstraintName: 'drydock_nodes_pkey' })
  hostname: string;

  @Column({ name: 'status_name', type: 'text' })
  statusName: string;

  @Column({ name: 'power_state', type: 'text' })
  powerState: string;

  @Column({ name: 'power_address', type: 'text', nullable: true })
  powerAddress: string | null;

  @Column({ name: 'boot_mac', type: 'text', nullable: true })
  bootMac: string | null;

  @Column({ name: 'boot_ip', type: 'text', nullable: true })
  bootIp: string | null;

  /** MiB. */
  @Column({ type: 'integer', nullable: true })
  memory: number | null;

  @Column({ name: 'cpu_count', type: 'integer', nullable: true })
  cpuCount: number | null;

  /** As the design of its last task has it. */
  @Column({ type: 'text', nullable: true })
  rack: string | null;

  /** Of the design, too. */
  @Column({ type: 'jsonb', default: [] })
  tags: string[];

  @Column({ name: 'updated_at', type: 'timestamptz', default: () => 'now()' })
  updatedAt: Date;
}
