import { Column, Entity, Index, PrimaryGeneratedColumn, Unique } from 'typeorm';

export type TaskStatus = 'running' | 'ready' | 'error';

/**
 * What clients follow (spec fuel section 2.4): a view of a batch, with the number and the name they know it by. It outlives its
 * cluster and its batch: no foreign keys.
 */
@Entity('tasks')
@Unique('tasks_uuid_key', ['uuid'])
@Index('tasks_by_cluster', ['clusterId', 'id'])
@Index('tasks_by_parent', ['parentId'], { where: 'parent_id is not null' })
@Index('tasks_by_batch', ['batchId'], { where: 'batch_id is not null' })
@Index('tasks_one_running_per_cluster', ['clusterId'], {
  unique: true,
  where: `status = 'running' and changes_cluster`,
})
export class Task {
  @PrimaryGeneratedColumn('identity', {
    type: 'integer',
    generatedIdentity: 'BY DEFAULT',
    primaryKeyConstraintName: 'tasks_pkey',
  })
  id: number;

  @Column({ type: 'uuid' })
  uuid: string;

  @Column({ name: 'cluster_id', type: 'integer', nullable: true })
  clusterId: number | null;

  @Column({ type: 'text' })
  name: string;

  @Column({ name: 'parent_id', type: 'integer', nullable: true })
  parentId: number | null;

  @Column({ name: 'batch_id', type: 'uuid', nullable: true })
  batchId: string | null;

  /** Its part in its parent's progress. */
  @Column({ type: 'real', default: 1 })
  weight: number;

  @Column({ type: 'text', default: 'running' })
  status: TaskStatus;

  /** Percent, for when nothing runs; while its batch runs it is worked out from the nodes. */
  @Column({ type: 'integer', default: 0 })
  progress: number;

  @Column({ type: 'text', nullable: true })
  message: string | null;

  @Column({ type: 'jsonb', default: {} })
  result: Record<string, unknown>;

  /** One unfinished task of these is allowed per cluster. */
  @Column({ name: 'changes_cluster', type: 'boolean', default: false })
  changesCluster: boolean;

  @Column({ name: 'created_at', type: 'timestamptz', default: () => 'now()' })
  createdAt: Date;

  @Column({ name: 'ended_at', type: 'timestamptz', nullable: true })
  endedAt: Date | null;
}
