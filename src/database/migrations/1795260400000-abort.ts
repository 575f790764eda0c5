import type { MigrationInterface, QueryRunner } from 'typeorm';

/** Jobs that do not halt their batch, jobs that were asked to stop, and what keeps a batch from being ended. */
export class Abort1795260400000 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
      alter table jobs
        add column critical boolean not null default true,
        add column abort_requested_by text;
      create index jobs_failed_critical on jobs (batch_id, wave, id) where status = 'failed' and critical;
      alter table batches add column ending_problem text;
    `);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query(`
      alter table batches drop column ending_problem;
      alter table jobs drop column critical, drop column abort_requested_by;
    `);
  }
}
