import { Injectable } from '@nestjs/common';
import { InjectDataSource } from '@nestjs/typeorm';
import { DataSource, type EntityManager, IsNull } from 'typeorm';
import type { Principal } from '../../auth/principal.js';
import { Refused } from '../../common/errors.js';
import type { ProjectRole } from '../records/project-member.entity.js';
import { Project } from '../records/project.entity.js';
import { missing } from '../wire/genesis-result.js';
import { GenesisSettingsService } from './genesis-settings.service.js';
import { type Call, mayDo } from './may-do.js';
import { type Granted, ProjectAccess } from './project-access.js';

const IS_MEMBER = `(m.user_id = $1 or m.group_id in (select group_id from genesis_group_members where user_id = $1))`;

/** Looks up what decides about a call, and refuses what is not allowed (spec environments section 1.4). */
@Injectable()
export class AccessService {
  constructor(
    @InjectDataSource() private readonly database: DataSource,
    private readonly settings: GenesisSettingsService,
  ) {}

  /**
   * The caller's rights in a project, and `call` among them. An unknown project is a 404 only to those who see all of them:
   * nobody else learns which there are. `sql` within a transaction: a second connection could starve all.
   */
  async inProject(
    principal: Principal,
    projectId: number,
    call: Call = 'project.read',
    sql: EntityManager = this.database.manager,
  ): Promise<ProjectAccess> {
    const project = await sql.getRepository(Project).findOneBy({ id: projectId, deletedAt: IsNull() });
    if (project === null) {
      if (principal.role === 'operator') throw new Refused('Access is denied', { code: 'role' });
      throw missing(`Project [${projectId}] wasn't found`);
    }
    const roles = await rolesIn(sql, principal, projectId);
    const granted = await this.grantedIn(sql, principal, projectId, roles);
    const access = new ProjectAccess(project, principal, roles, granted);
    access.assert('project.read');
    if (call !== 'project.read') access.assert(call);
    return access;
  }

  /** For what belongs to no project. */
  async assertSystem(principal: Principal, call: Call): Promise<void> {
    if (!(await this.maySystem(principal, call))) throw new Refused('Access is denied', { code: 'role' });
  }

  async maySystem(principal: Principal, call: Call): Promise<boolean> {
    const { role, writeEnabled } = principal;
    const projectRoles = await this.rolesAnywhere(principal, call);
    return mayDo(call, { role, writeEnabled, projectRoles, isWithheld: false });
  }

  /** The projects a caller has a role in, or that role; null where all are open to them. */
  async projectIdsOf(principal: Principal, role?: ProjectRole): Promise<number[] | null> {
    if (principal.role !== 'operator') return null;
    const rows: { project_id: number }[] = await this.database.query(
      `select distinct m.project_id from genesis_project_members m where ${IS_MEMBER} and ($2::text is null or m.role = $2)`,
      [principal.userId, role ?? null],
    );
    return rows.map((row) => row.project_id);
  }

  private async rolesAnywhere(principal: Principal, call: Call): Promise<ReadonlySet<ProjectRole>> {
    if (call !== 'users.list' || principal.role !== 'operator' || principal.userId === null) return new Set();
    const rows: { role: ProjectRole }[] = await this.database.query(
      `select distinct m.role from genesis_project_members m
         join genesis_projects p on p.id = m.project_id and p.deleted_at is null
       where ${IS_MEMBER}`,
      [principal.userId],
    );
    return new Set(rows.map(({ role }) => role));
  }

  private async grantedIn(
    sql: EntityManager,
    principal: Principal,
    projectId: number,
    roles: ReadonlySet<ProjectRole>,
  ): Promise<Granted | null> {
    if (principal.role !== 'operator' || roles.has('admin') || !(await this.settings.isRestricted(sql))) return null;
    const rows: { configuration_id: number | null; environment_id: number | null }[] = await sql.query(
      `select m.configuration_id, m.environment_id from genesis_grants m
         left join genesis_configurations c on c.id = m.configuration_id
         left join environments e on e.id = m.environment_id
       where coalesce(c.project_id, e.project_id) = $2 and ${IS_MEMBER}`,
      [principal.userId, projectId],
    );
    const notNull = (ids: readonly (number | null)[]) => new Set(ids.filter((id) => id !== null));
    return {
      configurations: notNull(rows.map((row) => row.configuration_id)),
      environments: notNull(rows.map((row) => row.environment_id)),
    };
  }
}

async function rolesIn(
  sql: EntityManager,
  { userId }: Principal,
  projectId: number,
): Promise<ReadonlySet<ProjectRole>> {
  // Whoever is kept elsewhere is nobody's member here: a name may be somebody else's there.
  if (userId === null) return new Set();
  const rows: { role: ProjectRole }[] = await sql.query(
    `select distinct m.role from genesis_project_members m where m.project_id = $2 and ${IS_MEMBER}`,
    [userId, projectId],
  );
  return new Set(rows.map(({ role }) => role));
}
