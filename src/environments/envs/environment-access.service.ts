import { Injectable } from '@nestjs/common';
import { InjectDataSource } from '@nestjs/typeorm';
import type { DataSource } from 'typeorm';
import { AccessService } from '../access/access.service.js';
import type { Call } from '../access/may-do.js';
import type { ProjectAccess } from '../access/project-access.js';
import type { Principal } from '../../auth/principal.js';
import { missing } from '../wire/genesis-result.js';
import { findEnvironment, type EnvironmentRow } from './environment-rows.js';

/** An environment, and what the caller may do with it. */
export interface ReachedEnvironment {
  readonly environment: EnvironmentRow;
  readonly access: ProjectAccess;
  may(call: Call): boolean;
}

/** The way to one environment: through its project, and only for those who may (spec environments section 1.4). */
@Injectable()
export class EnvironmentAccess {
  constructor(
    @InjectDataSource() private readonly dataSource: DataSource,
    private readonly access: AccessService,
  ) {}

  async reach(principal: Principal, projectId: number, id: number, call: Call): Promise<ReachedEnvironment> {
    const access = await this.access.inProject(principal, projectId);
    const environment = await findEnvironment(this.dataSource.manager, projectId, id);
    if (environment === null) {
      // Who sees only some environments is not told which others there are.
      access.assert(call, { environmentId: id });
      throw missing(`Environment [id = ${id}] wasn't found in project [id = ${projectId}]`);
    }
    access.assert(call, { environmentId: id });
    return { environment, access, may: (other) => access.may(other, { environmentId: id }) };
  }
}
