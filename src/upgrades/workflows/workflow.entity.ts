import { Column, Entity, Index, PrimaryGeneratedColumn, Unique } from 'typeorm';

/** A named list of steps; a job gets a copy of them when it is made. */
@Entity('workflows')
@Unique('workflows_name_key', ['name'])
@Index('workflows_one_default', ['isDefault'], { unique: true, where: 'is_default' })
export class Workflow {
  @PrimaryGeneratedColumn('identity', {
    type: 'integer',
    generatedIdentity: 'BY DEFAULT',
    primaryKeyConstraintName: 'workflows_pkey',
  })
  id: number;

  @Column({ type: 'text' })
  name: string;

  @Column({ type: 'text', default: '' })
  description: string;

  @Column({ name: 'is_default', type: 'boolean', default: false })
  isDefault: boolean;

  @Column({ name: 'created_at', type: 'timestamptz', default: () => 'now()' })
  createdAt: Date;

  @Column({ name: 'updated_at', type: 'timestamptz', default: () => 'now()' })
  updatedAt: Date;
}
