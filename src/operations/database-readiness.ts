import { Injectable, type OnModuleInit } from '@nestjs/common';
import { DataSource } from 'typeorm';
import { ReadinessChecks } from './readiness-checks.js';

/** The database answers, and the queue's tables are in it. */
@Injectable()
export class DatabaseReadiness implements OnModuleInit {
  constructor(
    private readonly dataSource: DataSource,
    private readonly checks: ReadinessChecks,
  ) {}

  onModuleInit(): void {
    this.checks.register('database', async () => {
      await this.ask('select 1', 'the database cannot be reached');
    });
    this.checks.register('queue', async () => {
      await this.ask('select 1 from graphile_worker.jobs limit 1', 'the queue cannot be read');
    });
  }

  /** PostgreSQL's own words name hosts and users; they are for the log, not for whoever may ask. */
  private async ask(statement: string, complaint: string): Promise<void> {
    try {
      await this.dataSource.query(statement);
    } catch (cause) {
      throw new Error(complaint, { cause });
    }
  }
}
