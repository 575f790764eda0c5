import { Injectable } from '@nestjs/common';
import { InjectDataSource } from '@nestjs/typeorm';
import { DataSource, type EntityManager, Not } from 'typeorm';
import { AuditService } from '../../auth/audit/audit.service.js';
import type { Principal } from '../../auth/principal.js';
import { violatedUnique } from '../../database/pg-errors.js';
import { GrantsService } from '../access/grants.service.js';
import { type FoundSubjects, type NamedSubjects, SubjectsService } from '../access/subjects.service.js';
import { Configuration } from '../records/configuration.entity.js';
import { Environment } from '../records/environment.entity.js';
import { missing, refused } from '../wire/genesis-result.js';
import { assertFields, nameRule, sized } from '../wire/field-rules.js';

export interface ConfigurationWish {
  readonly name: string;
  readonly description?: string;
  readonly items?: Readonly<Record<string, string>>;
}

/** A configuration, and how many environments made from it are not destroyed. */
export interface CountedConfiguration {
  readonly configuration: Configuration;
  readonly instanceCount: number;
}

const RULES = { name: nameRule(128), description: sized(0, 4096) };
const MOST_ITEMS = 1000;
const LONGEST_KEY = 256;
const LONGEST_VALUE = 16_384;

/** The configurations of a project, and who may use them. */
@Injectable()
export class ConfigurationsService {
  constructor(
    @InjectDataSource() private readonly database: DataSource,
    private readonly grants: GrantsService,
    private readonly subjects: SubjectsService,
    private readonly audit: AuditService,
  ) {}

  async list(projectId: number, descending = false): Promise<CountedConfiguration[]> {
    const rows = await this.database.getRepository(Configuration).find({
      where: { projectId },
      order: { name: descending ? 'DESC' : 'ASC', id: 'ASC' },
    });
    return this.counted(rows);
  }

  async get(projectId: number, id: number): Promise<CountedConfiguration> {
    const row = await this.database.getRepository(Configuration).findOneBy({ projectId, id });
    const [counted] = row === null ? [] : await this.counted([row]);
    if (counted === undefined) throw noConfiguration(id);
    return counted;
  }

  async create(principal: Principal, projectId: number, wish: ConfigurationWish): Promise<Configuration> {
    const fields = checked(wish);
    return refusingTakenNames(fields.name, () =>
      this.database.transaction(async (tx) => {
        const row = await tx.save(tx.create(Configuration, { projectId, items: {}, ...fields }));
        await this.record(tx, principal, 'create', null, row);
        return row;
      }),
    );
  }

  /** What is left out of the wish stays. */
  async update(principal: Principal, projectId: number, id: number, wish: ConfigurationWish): Promise<Configuration> {
    const fields = checked(wish);
    return refusingTakenNames(fields.name, () =>
      this.database.transaction(async (tx) => {
        const before = await lock(tx, projectId, id);
        const after = await tx.save(tx.create(Configuration, { ...before, ...fields }));
        await this.record(tx, principal, 'update', before, after);
        return after;
      }),
    );
  }

  async remove(principal: Principal, projectId: number, id: number): Promise<void> {
    await this.database.transaction(async (tx) => {
      // All of the project's, in one order: of two that delete the last two at the same time, the second sees what is left.
      const rows = await tx.find(Configuration, {
        where: { projectId },
        order: { id: 'ASC' },
        lock: { mode: 'pessimistic_write' },
      });
      const row = rows.find((one) => one.id === id);
      if (row === undefined) throw noConfiguration(id);
      if (await tx.existsBy(Environment, { configurationId: id, status: Not('Destroyed') })) {
        throw refused({
          compoundServiceErrors: ['Environment configuration can not be deleted while not all instances are destroyed'],
        });
      }
      if (rows.length === 1) {
        throw refused({ compoundServiceErrors: ['At least one environment must be defined in project'] });
      }
      await tx.delete(Configuration, id);
      await this.record(tx, principal, 'delete', row, null);
    });
  }

  granted(configurationId: number): Promise<NamedSubjects> {
    return this.subjects.namedBy(this.database.manager, 'genesis_grants', { configuration_id: configurationId });
  }

  /** Replaces all grants by those to whoever is named and exists; environments made from it follow. */
  async grant(
    principal: Principal,
    projectId: number,
    id: number,
    users: readonly string[],
    groups: readonly string[],
  ): Promise<FoundSubjects> {
    return this.database.transaction(async (tx) => {
      const row = await lock(tx, projectId, id);
      const before = await this.subjects.namedBy(tx, 'genesis_grants', { configuration_id: id });
      const found = await this.subjects.find(tx, users, groups);
      await this.grants.replace(tx, id, found);
      await this.audit.record(tx, principal, {
        action: 'grant',
        objectType: 'genesis_configuration',
        objectId: id,
        objectRepr: row.name,
        before,
        after: await this.subjects.namedBy(tx, 'genesis_grants', { configuration_id: id }),
      });
      return found;
    });
  }

  private async counted(rows: readonly Configuration[]): Promise<CountedConfiguration[]> {
    const counts: { id: number; count: number }[] = await this.database.query(
      `select configuration_id as id, count(*)::int as count from environments
       where configuration_id = any($1) and status <> 'Destroyed' group by configuration_id`,
      [rows.map(({ id }) => id)],
    );
    const byId = new Map(counts.map(({ id, count }) => [id, count]));
    return rows.map((configuration) => ({ configuration, instanceCount: byId.get(configuration.id) ?? 0 }));
  }

  private async record(
    tx: EntityManager,
    principal: Principal,
    action: string,
    before: Configuration | null,
    after: Configuration | null,
  ): Promise<void> {
    const { id, name } = (after ?? before) as Configuration;
    await this.audit.record(tx, principal, {
      action,
      objectType: 'genesis_configuration',
      objectId: id,
      objectRepr: name,
      before: before && audited(before),
      after: after && audited(after),
    });
  }
}

/** What items hold is theirs: passwords are among it, under any name. */
function audited({ projectId, name, description, items }: Configuration): object {
  return { projectId, name, description, itemNames: Object.keys(items), secretItems: items };
}

function checked({ name, description, items }: ConfigurationWish) {
  const fields = { name: name.trim(), description };
  assertFields(fields, RULES);
  if (items !== undefined) assertItems(items);
  return { ...fields, description: description ?? null, ...(items === undefined ? {} : { items: { ...items } }) };
}

function assertItems(items: Readonly<Record<string, string>>): void {
  const entries = Object.entries(items);
  const isWrong =
    entries.length > MOST_ITEMS ||
    entries.some(([key, value]) => key.trim() === '' || key.length > LONGEST_KEY || value.length > LONGEST_VALUE);
  if (!isWrong) return;
  throw refused({
    variablesErrors: {
      items: `at most ${MOST_ITEMS} items, with names of 1 to ${LONGEST_KEY} and values of up to ${LONGEST_VALUE} characters`,
    },
  });
}

async function lock(tx: EntityManager, projectId: number, id: number): Promise<Configuration> {
  const row = await tx.findOne(Configuration, { where: { projectId, id }, lock: { mode: 'pessimistic_write' } });
  if (row === null) throw noConfiguration(id);
  return row;
}

function noConfiguration(id: number) {
  return missing(`Can not find environment configuration id = ${id}`);
}

async function refusingTakenNames<T>(name: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    if (violatedUnique(error) !== 'genesis_configurations_project_id_name_key') throw error;
    throw refused({ compoundServiceErrors: [`Environment configuration with name '${name}' already exists`] });
  }
}
