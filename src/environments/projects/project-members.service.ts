import { Injectable } from '@nestjs/common';
import { InjectDataSource } from '@nestjs/typeorm';
import { DataSource } from 'typeorm';
import { AuditService } from '../../auth/audit/audit.service.js';
import type { Principal } from '../../auth/principal.js';
import { type FoundSubjects, type NamedSubjects, SubjectsService } from '../access/subjects.service.js';
import { ProjectMember, type ProjectRole } from '../records/project-member.entity.js';
import { Project } from '../records/project.entity.js';

/** Who has which role in a project. */
@Injectable()
export class ProjectMembersService {
  constructor(
    @InjectDataSource() private readonly database: DataSource,
    private readonly subjects: SubjectsService,
    private readonly audit: AuditService,
  ) {}

  get(projectId: number, role: ProjectRole): Promise<NamedSubjects> {
    return this.subjects.namedBy(this.database.manager, 'genesis_project_members', { project_id: projectId, role });
  }

  /** Replaces all who have the role by those who are named and exist. */
  async replace(
    principal: Principal,
    { id: projectId, name }: Project,
    role: ProjectRole,
    users: readonly string[],
    groups: readonly string[],
  ): Promise<FoundSubjects> {
    return this.database.transaction(async (tx) => {
      // One after the other, or two replacements at the same time would add up.
      await tx.query('select 1 from genesis_projects where id = $1 for update', [projectId]);
      const where = { project_id: projectId, role };
      const before = await this.subjects.namedBy(tx, 'genesis_project_members', where);
      const found = await this.subjects.find(tx, users, groups);
      await tx.delete(ProjectMember, { projectId, role });
      await tx.insert(ProjectMember, [
        ...found.userIds.map((userId) => ({ projectId, role, userId, groupId: null })),
        ...found.groupIds.map((groupId) => ({ projectId, role, userId: null, groupId })),
      ]);
      await this.audit.record(tx, principal, {
        action: 'set_members',
        objectType: 'genesis_project',
        objectId: projectId,
        objectRepr: name,
        before: { role, ...names(before) },
        after: { role, ...names(await this.subjects.namedBy(tx, 'genesis_project_members', where)) },
      });
      return found;
    });
  }
}

function names({ users, groups }: NamedSubjects) {
  return { users: users.map(({ username }) => username), groups };
}
