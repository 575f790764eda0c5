import { Injectable } from '@nestjs/common';
import { InjectDataSource } from '@nestjs/typeorm';
import type { DataSource } from 'typeorm';

export interface WorkflowCount {
  readonly projectId: number;
  readonly projectName: string;
  readonly running: number;
}

export interface ScheduleCount {
  readonly projectId: number;
  readonly projectName: string;
  readonly requested: number;
  readonly failed: number;
}

/** What goes on in all projects: one row per project where something does. */
@Injectable()
export class DashboardsService {
  constructor(@InjectDataSource() private readonly dataSource: DataSource) {}

  workflows(): Promise<WorkflowCount[]> {
    return this.dataSource.query<WorkflowCount[]>(
      `select p.id as "projectId", p.name as "projectName", count(*)::integer as running
       from environment_workflows w
       join environments e on e.id = w.environment_id join genesis_projects p on p.id = e.project_id
       where w.status in ('Requested', 'Running') and p.deleted_at is null
       group by p.id order by p.id`,
    );
  }

  schedules(): Promise<ScheduleCount[]> {
    return this.dataSource.query<ScheduleCount[]>(
      `select p.id as "projectId", p.name as "projectName",
         count(*) filter (where s.failure is null)::integer as requested,
         count(*) filter (where s.failure is not null)::integer as failed
       from environment_schedules s
       join environments e on e.id = s.environment_id join genesis_projects p on p.id = e.project_id
       where p.deleted_at is null group by p.id order by p.id`,
    );
  }
}
