import { Column, Entity, Index, PrimaryGeneratedColumn } from 'typeorm';

/** A project: what environments, configurations and rights belong to (spec environments section 2.2). A deleted one keeps its row and frees its name. */
@Entity('genesis_projects')
@Index('genesis_projects_name_key', ['name'], { unique: true, where: 'deleted_at is null' })
export class Project {
  @PrimaryGeneratedColumn('identity', {
    type: 'integer',
    generatedIdentity: 'BY DEFAULT',
    primaryKeyConstraintName: 'genesis_projects_pkey',
  })
  id: number;

  @Column({ type: 'text' })
  name: string;

  @Column({ type: 'text' })
  creator: string;

  @Column({ name: 'created_at', type: 'timestamptz', default: () => 'now()' })
  createdAt: Date;

  @Column({ name: 'project_manager', type: 'text' })
  projectManager: string;

  @Column({ type: 'text', nullable: true })
  description: string | null;

  @Column({ name: 'deleted_at', type: 'timestamptz', nullable: true })
  deletedAt: Date | null;
}
