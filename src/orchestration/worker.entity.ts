import { Column, Entity, PrimaryColumn } from 'typeorm';

/** A process that runs steps, alive while its heartbeat is young. A silent one loses its row and its jobs. */
@Entity('workers')
export class Worker {
  /** New for each start, and after the process was taken for dead. */
  @PrimaryColumn({ type: 'uuid', primaryKeyConstraintName: 'workers_pkey' })
  id: string;

  @Column({ type: 'text' })
  hostname: string;

  @Column({ type: 'integer' })
  pid: number;

  @Column({ type: 'integer' })
  slots: number;

  /** graphile-worker's own worker ids, one per slot; what they hold is unlocked when this process dies. */
  @Column({ name: 'queue_worker_ids', type: 'text', array: true })
  queueWorkerIds: string[];

  @Column({ type: 'boolean', default: false })
  stopping: boolean;

  @Column({ name: 'started_at', type: 'timestamptz', default: () => 'now()' })
  startedAt: Date;

  @Column({ name: 'heartbeat_at', type: 'timestamptz', default: () => 'now()' })
  heartbeatAt: Date;
}
