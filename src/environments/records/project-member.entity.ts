import { Check, Column, Entity, Index, JoinColumn, ManyToOne, PrimaryGeneratedColumn } from 'typeorm';
import { User } from '../../auth/user.entity.js';
import { GenesisGroup } from './genesis-group.entity.js';
import { Project } from './project.entity.js';

export const PROJECT_ROLES = ['user', 'admin'] as const;
export type ProjectRole = (typeof PROJECT_ROLES)[number];

/** A role a user or a group has in a project. By id: whoever gets a freed name later gets no rights with it. */
@Entity('genesis_project_members')
@Index('genesis_project_members_user_key', ['projectId', 'role', 'userId'], {
  unique: true,
  where: 'user_id is not null',
})
@Index('genesis_project_members_group_key', ['projectId', 'role', 'groupId'], {
  unique: true,
  where: 'group_id is not null',
})
@Index('genesis_project_members_by_user', ['userId'], { where: 'user_id is not null' })
@Index('genesis_project_members_by_group', ['groupId'], { where: 'group_id is not null' })
@Check('genesis_project_members_one_subject', 'num_nonnulls(user_id, group_id) = 1')
export class ProjectMember {
  @PrimaryGeneratedColumn('identity', {
    type: 'integer',
    generatedIdentity: 'BY DEFAULT',
    primaryKeyConstraintName: 'genesis_project_members_pkey',
  })
  id: number;

  @Column({ name: 'project_id', type: 'integer' })
  projectId: number;

  @ManyToOne(() => Project, { onDelete: 'CASCADE' })
  @JoinColumn({ name: 'project_id', foreignKeyConstraintName: 'genesis_project_members_project_id_fkey' })
  project?: Project;

  @Column({ type: 'text' })
  role: ProjectRole;

  @Column({ name: 'user_id', type: 'integer', nullable: true })
  userId: number | null;

  @ManyToOne(() => User, { onDelete: 'CASCADE' })
  @JoinColumn({ name: 'user_id', foreignKeyConstraintName: 'genesis_project_members_user_id_fkey' })
  user?: User;

  @Column({ name: 'group_id', type: 'integer', nullable: true })
  groupId: number | null;

  @ManyToOne(() => GenesisGroup, { onDelete: 'CASCADE' })
  @JoinColumn({ name: 'group_id', foreignKeyConstraintName: 'genesis_project_members_group_id_fkey' })
  group?: GenesisGroup;
}
