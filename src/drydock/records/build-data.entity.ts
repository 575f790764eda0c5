import { Column, Entity, Index, JoinColumn, ManyToOne, PrimaryGeneratedColumn } from 'typeorm';
import { SiteTask } from './site-task.entity.js';

/** Something that was found out about a node while it was built. */
@Entity('drydock_build_data')
@Index('drydock_build_data_by_node', ['nodeName', 'generator', 'id'])
@Index('drydock_build_data_by_task', ['taskId', 'id'])
export class BuildData {
  @PrimaryGeneratedColumn('identity', {
    type: 'bigint',
    generatedIdentity: 'BY DEFAULT',
    primaryKeyConstraintName: 'drydock_build_data_pkey',
  })
  id: string;

  @Column({ name: 'node_name', type: 'text' })
  nodeName: string;

  @Column({ name: 'task_id', type: 'uuid' })
  taskId: string;

  @ManyToOne(() => SiteTask, { onDelete: 'CASCADE' })
  @JoinColumn({ name: 'task_id', foreignKeyConstraintName: 'drydock_build_data_task_id_fkey' })
  task?: SiteTask;

  @Column({ name: 'collected_at', type: 'timestamptz', default: () => 'now()' })
  collectedAt: Date;

  @Column({ type: 'text' })
  generator: string;

  @Column({ name: 'data_format', type: 'text' })
  dataFormat: string;

  @Column({ name: 'data_element', type: 'text' })
  dataElement: string;
}
