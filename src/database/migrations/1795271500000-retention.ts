import type { MigrationInterface, QueryRunner } from 'typeorm';

/** What is removed when it is old is found by its time; what stays for ever is in none of these indexes. */
export class Retention1795271500000 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
      create index hook_calls_past on hook_calls (at)
        where delivery is null or delivery like 'id:%' or delivery like 'signature:%';
      create index schedule_runs_past on schedule_runs (at);
      create index webhook_deliveries_past on webhook_deliveries (at) where status = 'delivered';
    `);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('drop index hook_calls_past, schedule_runs_past, webhook_deliveries_past');
  }
}
