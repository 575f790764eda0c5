import { Injectable } from '@nestjs/common';
import { InjectDataSource } from '@nestjs/typeorm';
import type { DataSource } from 'typeorm';
import { templateOf } from '../engine/workflow-rows.js';
import { Environment } from '../records/environment.entity.js';
import { LeasedServer } from '../records/leased-server.entity.js';
import type { Template } from '../templates/template.js';
import { SchedulesService } from './schedules.service.js';

/** What is shown of one environment besides its row. */
export interface EnvironmentDetails {
  readonly template: Template;
  readonly servers: readonly LeasedServer[];
  readonly workflowsRun: number;
  /** Of the workflow that runs now. */
  readonly actionsFinished: number;
  readonly endsAt: Date | null;
}

@Injectable()
export class DetailsService {
  constructor(
    @InjectDataSource() private readonly dataSource: DataSource,
    private readonly schedules: SchedulesService,
  ) {}

  async get(id: number): Promise<EnvironmentDetails> {
    const [counts] = await this.dataSource.query<{ workflows: number; actions: number }[]>(
      `select
         (select count(*) from environment_workflows where environment_id = $1)::integer as workflows,
         (select count(*) from environment_actions a
            join environment_steps s on s.id = a.step_id join environment_workflows w on w.id = s.workflow_id
          where w.environment_id = $1 and w.status in ('Requested', 'Running') and a.finished_at is not null
         )::integer as actions`,
      [id],
    );
    return {
      template: await this.template(id),
      servers: await this.dataSource.manager.find(LeasedServer, { where: { environmentId: id }, order: { id: 'ASC' } }),
      workflowsRun: counts!.workflows,
      actionsFinished: counts!.actions,
      endsAt: await this.schedules.endOfLife(id),
    };
  }

  /** As it was when the environment was made. */
  async template(id: number): Promise<Template> {
    return templateOf(await this.dataSource.manager.findOneByOrFail(Environment, { id }));
  }
}
