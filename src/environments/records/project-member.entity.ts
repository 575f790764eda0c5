import { Entity, Index, JoinColumn, ManyToOne, PrimaryColumn } from 'typeorm';
import type { SubjectKind } from './subject.js';
import { Project } from './project.entity.js';

export const PROJECT_ROLES = ['user', 'admin'] as const;
export type ProjectRole = (typeof PROJECT_ROLES)[number];

/** A role somebody has in a project. */
@Entity('genesis_project_members')
@Index('genesis_project_members_by_subject', ['subjectKind', 'subject'])
export class ProjectMember {
  @PrimaryColumn({ name: 'project_id', type: 'integer', primaryKeyConstraintName: 'genesis_project_members_pkey' })
  projectId: number;

  @ManyToOne(() => Project, { onDelete: 'CASCADE' })
  @JoinColumn({ name: 'project_id', foreignKeyConstraintName: 'genesis_project_members_project_id_fkey' })
  project?: Project;

  @PrimaryColumn({ type: 'text', primaryKeyConstraintName: 'genesis_project_members_pkey' })
  role: ProjectRole;

  @PrimaryColumn({ name: 'subject_kind', type: 'text', primaryKeyConstraintName: 'genesis_project_members_pkey' })
  subjectKind: SubjectKind;

  @PrimaryColumn({ type: 'text', primaryKeyConstraintName: 'genesis_project_members_pkey' })
  subject: string;
}
