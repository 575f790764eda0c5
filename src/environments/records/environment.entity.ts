import { Check, Column, Entity, Index, JoinColumn, ManyToOne, PrimaryGeneratedColumn, Unique } from 'typeorm';
import { Project } from './project.entity.js';
import { Configuration } from './configuration.entity.js';

export const ENVIRONMENT_STATUSES = ['Ready', 'Busy', 'Broken', 'Destroyed'] as const;
export type EnvironmentStatus = (typeof ENVIRONMENT_STATUSES)[number];

export interface EnvironmentAttribute {
  readonly value: string;
  readonly description: string;
}

/** An environment: made from a template, and changed by its workflows (spec environments section 3.1). Its row stays for ever. */
@Entity('environments')
@Unique('environments_project_id_name_key', ['projectId', 'name'])
@Index('environments_configuration_id', ['configurationId'], { where: 'configuration_id is not null' })
@Check('environments_status_check', `status in ('Ready', 'Busy', 'Broken', 'Destroyed')`)
export class Environment {
  @PrimaryGeneratedColumn('identity', {
    type: 'integer',
    generatedIdentity: 'BY DEFAULT',
    primaryKeyConstraintName: 'environments_pkey',
  })
  id: number;

  @Column({ name: 'project_id', type: 'integer' })
  projectId: number;

  @ManyToOne(() => Project)
  @JoinColumn({ name: 'project_id', foreignKeyConstraintName: 'environments_project_id_fkey' })
  project?: Project;

  @Column({ type: 'text' })
  name: string;

  @Column({ type: 'text' })
  status: EnvironmentStatus;

  @Column({ type: 'text' })
  creator: string;

  @Column({ name: 'created_at', type: 'timestamptz', default: () => 'now()' })
  createdAt: Date;

  @Column({ name: 'modified_by', type: 'text', nullable: true })
  modifiedBy: string | null;

  @Column({ name: 'modified_at', type: 'timestamptz', nullable: true })
  modifiedAt: Date | null;

  @Column({ name: 'template_name', type: 'text' })
  templateName: string;

  @Column({ name: 'template_version', type: 'text' })
  templateVersion: string;

  /** The template as it was when the environment was made; the file may change or go. */
  @Column({ type: 'jsonb' })
  template: Record<string, unknown>;

  /** Null where the configuration is gone. */
  @Column({ name: 'configuration_id', type: 'integer', nullable: true })
  configurationId: number | null;

  @ManyToOne(() => Configuration, { onDelete: 'SET NULL' })
  @JoinColumn({ name: 'configuration_id', foreignKeyConstraintName: 'environments_configuration_id_fkey' })
  configuration?: Configuration;

  @Column({ type: 'jsonb', default: {} })
  attributes: Record<string, EnvironmentAttribute>;

  /** What steps exported, for the steps and workflows after them. */
  @Column({ type: 'jsonb', default: {} })
  context: Record<string, unknown>;
}
