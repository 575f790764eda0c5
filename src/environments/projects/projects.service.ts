import { Injectable } from '@nestjs/common';
import { InjectDataSource } from '@nestjs/typeorm';
import { DataSource, type EntityManager, In, IsNull, Not } from 'typeorm';
import { AuditService } from '../../auth/audit/audit.service.js';
import type { Principal } from '../../auth/principal.js';
import { violatedUnique } from '../../database/pg-errors.js';
import { AccessService } from '../access/access.service.js';
import { Configuration } from '../records/configuration.entity.js';
import { Environment } from '../records/environment.entity.js';
import { Project } from '../records/project.entity.js';
import { missing, refused } from '../wire/genesis-result.js';
import { allOf, assertFields, filled, formed, nameRule, sized } from '../wire/field-rules.js';

export interface ProjectWish {
  readonly name: string;
  readonly projectManager: string;
  readonly description?: string;
}

const RULES = {
  name: nameRule(64),
  projectManager: allOf(
    filled,
    sized(2, 128),
    formed(/^[\p{L} ]*$/u, 'Invalid format. Only letters and spaces are allowed.'),
  ),
  description: sized(0, 4096),
};

/** A project is made with one configuration, so that environments can be made at once. */
const FIRST_CONFIGURATION = 'Default';

@Injectable()
export class ProjectsService {
  constructor(
    @InjectDataSource() private readonly database: DataSource,
    private readonly access: AccessService,
    private readonly audit: AuditService,
  ) {}

  /** Those the caller has a role in, or all (spec environments section 1.4); by name unless `descending` turns it round. */
  async list(principal: Principal, descending: boolean): Promise<Project[]> {
    const ids = await this.access.projectIdsOf(principal);
    return this.database.getRepository(Project).find({
      where: { deletedAt: IsNull(), ...(ids === null ? {} : { id: In(ids) }) },
      order: { name: descending ? 'DESC' : 'ASC', id: 'ASC' },
    });
  }

  async create(principal: Principal, wish: ProjectWish): Promise<Project> {
    const fields = checked(wish);
    return refusingTakenNames(fields.name, () =>
      this.database.transaction(async (tx) => {
        const project = await tx.save(tx.create(Project, { ...fields, creator: principal.username, deletedAt: null }));
        await this.record(tx, principal, 'create', null, project);
        await tx.insert(Configuration, {
          projectId: project.id,
          name: FIRST_CONFIGURATION,
          description: null,
          items: {},
        });
        return project;
      }),
    );
  }

  async update(principal: Principal, id: number, wish: ProjectWish): Promise<Project> {
    const fields = checked(wish);
    return refusingTakenNames(fields.name, () =>
      this.database.transaction(async (tx) => {
        const before = await lockLive(tx, id);
        const after = tx.create(Project, { ...before, ...fields });
        await tx.update(Project, id, fields);
        await this.record(tx, principal, 'update', before, after);
        return after;
      }),
    );
  }

  /** The row stays, for what refers to it; its name is free again. */
  async remove(principal: Principal, id: number): Promise<void> {
    await this.database.transaction(async (tx) => {
      const before = await lockLive(tx, id);
      if (await tx.existsBy(Environment, { projectId: id, status: Not('Destroyed') })) {
        throw refused({ compoundServiceErrors: ['Deleted project can not have active instances'] });
      }
      await tx.update(Project, id, { deletedAt: new Date() });
      await this.record(tx, principal, 'delete', before, null);
    });
  }

  private async record(
    tx: EntityManager,
    principal: Principal,
    action: string,
    before: Project | null,
    after: Project | null,
  ): Promise<void> {
    const { id, name } = (after ?? before) as Project;
    await this.audit.record(tx, principal, {
      action,
      objectType: 'genesis_project',
      objectId: id,
      objectRepr: name,
      before,
      after,
    });
  }
}

/** Environments that are made meanwhile hold the row too: none gets into a project that is going. */
async function lockLive(tx: EntityManager, id: number): Promise<Project> {
  const project = await tx.findOne(Project, {
    where: { id, deletedAt: IsNull() },
    lock: { mode: 'pessimistic_write' },
  });
  if (project === null) throw missing(`Project [${id}] wasn't found`);
  return project;
}

function checked({ name, projectManager, description }: ProjectWish) {
  const fields = { name: name.trim(), projectManager: projectManager.trim(), description };
  assertFields(fields, RULES);
  return { ...fields, description: description ?? null };
}

async function refusingTakenNames<T>(name: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    if (violatedUnique(error) !== 'genesis_projects_name_key') throw error;
    throw refused({ compoundServiceErrors: [`Project with name '${name}' already exists`] });
  }
}
