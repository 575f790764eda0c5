import { Column, Entity, JoinColumn, ManyToOne, PrimaryGeneratedColumn, Unique } from 'typeorm';
import { Project } from './project.entity.js';

/** Named values environments of a project are made with: what templates read as `envConfig`. */
@Entity('genesis_configurations')
@Unique('genesis_configurations_project_id_name_key', ['projectId', 'name'])
export class Configuration {
  @PrimaryGeneratedColumn('identity', {
    type: 'integer',
    generatedIdentity: 'BY DEFAULT',
    primaryKeyConstraintName: 'genesis_configurations_pkey',
  })
  id: number;

  @Column({ name: 'project_id', type: 'integer' })
  projectId: number;

  @ManyToOne(() => Project)
  @JoinColumn({ name: 'project_id', foreignKeyConstraintName: 'genesis_configurations_project_id_fkey' })
  project?: Project;

  @Column({ type: 'text' })
  name: string;

  @Column({ type: 'text', nullable: true })
  description: string | null;

  @Column({ type: 'jsonb', default: {} })
  items: Record<string, string>;
}
