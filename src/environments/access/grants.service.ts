import { Injectable } from '@nestjs/common';
import type { EntityManager } from 'typeorm';
import { missing } from '../wire/genesis-result.js';
import type { Subjects } from './subjects.service.js';

/** Who may use which configurations, and the environments made from them. */
@Injectable()
export class GrantsService {
  /** Keeps a project and one of its configurations from being deleted until the caller's transaction is over. */
  async hold(tx: EntityManager, projectId: number, configurationId: number): Promise<void> {
    const held = async (sql: string, parameters: readonly number[]) =>
      (await tx.query<unknown[]>(`${sql} for key share`, [...parameters])).length > 0;
    if (!(await held('select 1 from genesis_projects where id = $1 and deleted_at is null', [projectId]))) {
      throw missing(`Project [${projectId}] wasn't found`);
    }
    const configuration = 'select 1 from genesis_configurations where project_id = $1 and id = $2';
    if (!(await held(configuration, [projectId, configurationId]))) {
      throw missing(`Configuration [id = ${configurationId}] wasn't found in project [id = ${projectId}]`);
    }
  }

  /** A new environment is open to those its configuration is open to. */
  async copyToEnvironment(tx: EntityManager, configurationId: number, environmentId: number): Promise<void> {
    await tx.query(
      `insert into genesis_grants (environment_id, user_id, group_id)
       select $2, user_id, group_id from genesis_grants where configuration_id = $1`,
      [configurationId, environmentId],
    );
  }

  /** Replaces a configuration's grants, and those of every environment made from it (spec environments section 1.4). */
  async replace(tx: EntityManager, configurationId: number, { userIds, groupIds }: Subjects): Promise<void> {
    // Of two who replace them at the same time the second must see what the first wrote.
    await tx.query('select 1 from genesis_configurations where id = $1 for update', [configurationId]);
    await tx.query(
      `delete from genesis_grants where configuration_id = $1
         or environment_id in (select id from environments where configuration_id = $1)`,
      [configurationId],
    );
    await tx.query(
      `with subjects as (
         select unnest($2::int[]) as user_id, null::int as group_id union all select null, unnest($3::int[])
       ), objects as (
         select $1::int as configuration_id, null::int as environment_id
         union all select null, id from environments where configuration_id = $1
       )
       insert into genesis_grants (configuration_id, environment_id, user_id, group_id)
       select o.configuration_id, o.environment_id, s.user_id, s.group_id from objects o cross join subjects s`,
      [configurationId, userIds, groupIds],
    );
  }
}
