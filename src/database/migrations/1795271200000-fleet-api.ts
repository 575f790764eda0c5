import type { MigrationInterface, QueryRunner } from 'typeorm';

/** What the lists of `/fleet/v1` read: each filter has an index that ends in the order of its list, so no page is sorted. */
export class FleetApi1795271200000 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
      create index batches_by_time on batches (created_at, id);
      create index batches_by_status on batches (status, created_at, id);
      create index batches_by_dialect on batches (dialect, created_at, id);
      create index batches_by_creator on batches (created_by_name, created_at, id);

      create index jobs_by_time on jobs (created_at, id);
      create index jobs_by_status on jobs (status, created_at, id);
      create index jobs_by_target_kind on jobs (target_kind, created_at, id);

      create index audit_events_by_time on audit_events (at, id);
      create index audit_events_by_name on audit_events (user_name, at, id);
      create index audit_events_by_action on audit_events (action, at, id);
      create index audit_events_by_object_type on audit_events (object_type, at, id);
    `);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query(`
      drop index batches_by_time, batches_by_status, batches_by_dialect, batches_by_creator, jobs_by_time, jobs_by_status,
        jobs_by_target_kind, audit_events_by_time, audit_events_by_name, audit_events_by_action,
        audit_events_by_object_type;
    `);
  }
}
